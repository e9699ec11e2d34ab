import type { ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import type { FileOwnership, FileVersion } from "../../events/facts/files.ts";
import { OriginUnreachable } from "./origin.ts";
import { compareBytes } from "./walk_order.ts";

/** Pages in a row without a key, after which a listing counts as one that never ends. */
const EMPTY_PAGES_MAX = 100;

/** A part of a listing: objects, and what the delimiter cut off. */
export interface ListedPage {
  readonly objects: readonly { readonly key: string; readonly version: FileVersion }[];
  readonly prefixes: readonly string[];
}

/** Some buckets list in no order (directory buckets of S3 Express): what follows may stand before what was told. */
export class OutOfOrder extends OriginUnreachable {}

export interface ListingRequest {
  /** For messages: "list s3://bucket". */
  readonly what: string;
  readonly prefix: string;
  /** Whether keys have to come in the order of their bytes. */
  readonly isOrdered: boolean;
  /** Whether keys are encoded though the answer does not say so; asked with one that may be. */
  isEncoded(key: string): Promise<boolean>;
  /** Asks for a page: the first, or the one of a continuation token. */
  ask(token: string | undefined): Promise<ListObjectsV2CommandOutput>;
}

/**
 * The pages of a listing, each checked: what is missing from a listing leaves the tree, so that an answer which is cut,
 * out of order or no listing at all must be none. Throws OriginUnreachable, and what `ask` throws.
 */
export async function* listedPages(request: ListingRequest): AsyncGenerator<ListedPage> {
  const { what, ask } = request;
  let token: string | undefined;
  let last: string | undefined;
  let empty = 0;
  for (;;) {
    const answer = await ask(token);
    const page = checkedPage(answer, request, await isEncoded(answer, request));
    for (const { key } of page.objects) {
      const order = last === undefined ? 1 : compareBytes(key, last);
      if (order === 0) throw new OriginUnreachable(`Cannot ${what}: it lists a key twice`);
      if (order < 0 && request.isOrdered) {
        throw new OutOfOrder(`Cannot ${what}: it does not list in the order of the keys`);
      }
      last = key;
    }
    yield page;
    if (!answer.IsTruncated) return;
    empty = page.objects.length + page.prefixes.length === 0 ? empty + 1 : 0;
    const next = answer.NextContinuationToken;
    if (!next) throw new OriginUnreachable(`Cannot ${what}: the listing was cut off`);
    if (next === token || empty === EMPTY_PAGES_MAX) {
      throw new OriginUnreachable(`Cannot ${what}: the listing does not end`);
    }
    token = next;
  }
}

/** A server that knows nothing of encodings may encode all the same. */
async function isEncoded(
  { EncodingType, Contents = [] }: ListObjectsV2CommandOutput,
  request: ListingRequest,
): Promise<boolean> {
  if (EncodingType === "url") return true;
  const doubtful = Contents.find(({ Key }) => /%[0-9a-f]{2}|\+/i.test(Key ?? ""))?.Key;
  return doubtful !== undefined && await request.isEncoded(doubtful);
}

function checkedPage(
  answer: ListObjectsV2CommandOutput,
  request: ListingRequest,
  isEncoded: boolean,
): ListedPage {
  const { what, prefix } = request;
  const { Contents = [], CommonPrefixes = [], KeyCount = 0 } = answer;
  // The SDK reads any XML, also the page of a router's login, as a listing of nothing.
  if (typeof answer.IsTruncated !== "boolean") {
    throw new OriginUnreachable(`Cannot ${what}: the answer is no listing`);
  }
  if (KeyCount > Contents.length + CommonPrefixes.length) {
    throw new OriginUnreachable(`Cannot ${what}: the listing was cut off`);
  }
  const decoded = (key: string | undefined): string => {
    const text = isEncoded ? urlDecoded(key) : key;
    if (text?.startsWith(prefix)) return text;
    throw new OriginUnreachable(`Cannot ${what}: it lists what it was not asked for`);
  };
  return {
    objects: Contents.map(({ Key, Size, LastModified, ETag }) => ({
      key: decoded(Key),
      version: objectVersion(Size, LastModified, ETag, what),
    })),
    prefixes: CommonPrefixes.map(({ Prefix }) => decoded(Prefix)),
  };
}

/** Version of an object from what an answer says of it. Throws OriginUnreachable when that isn't enough. */
export function objectVersion(
  size: number | undefined,
  modified: Date | undefined,
  etag: string | undefined,
  what: string,
): FileVersion & FileOwnership {
  const time = modified?.getTime() ?? NaN;
  if (size === undefined || !(size >= 0) || Number.isNaN(time)) {
    throw new OriginUnreachable(`Cannot ${what}: the answer has no size or no time`);
  }
  const version = { size, mtime_s: Math.floor(time / 1000), mtime_ns: 0 };
  // Without a tag it would look like a file of a disk whose permissions nobody has seen yet.
  return etag === undefined ? { ...version, mode: 0o444 } : { ...version, etag: bareEtag(etag) };
}

function bareEtag(etag: string): string {
  return etag.replace(/^(?:W\/)?"(.*)"$/, "$1");
}

/** As forms are encoded: a space is a plus. */
export function urlDecoded(text: string | undefined): string | undefined {
  try {
    return text && decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
