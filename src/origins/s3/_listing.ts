import type { ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import type { FileOwnership, FileVersion } from "../../../events/facts/files.ts";
import { OriginUnreachable } from "../origin.ts";
import { compareBytes } from "../walk_order.ts";

/** After this many pages in a row without a key, the listing counts as endless. */
const EMPTY_PAGES_MAX = 100;

/** A page of a listing: objects, and the common prefixes that the delimiter made. */
export interface ListedPage {
  readonly objects: readonly { readonly key: string; readonly version: FileVersion }[];
  readonly prefixes: readonly string[];
}

/**
 * The keys came in no order, as in directory buckets of S3 Express: later pages may hold keys from before those
 * yielded.
 */
export class OutOfOrder extends OriginUnreachable {}

export interface ListingRequest {
  /** For messages: "list s3://bucket". */
  readonly what: string;
  readonly prefix: string;
  /** Whether keys must come in the order of their bytes. */
  readonly isOrdered: boolean;
  /** Whether keys are percent-encoded although the answer does not say so. `key` is one that may be. */
  isEncoded(key: string): Promise<boolean>;
  /** Asks for the first page, or for the page of a continuation token. */
  ask(token: string | undefined): Promise<ListObjectsV2CommandOutput>;
}

/**
 * The pages of a listing, each checked. A file that is missing from a listing leaves the tree, so an answer that is
 * cut, out of order or no listing at all throws OriginUnreachable. Throws also what `ask` throws.
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

/** Whether the keys of a page are encoded: a server that ignores the requested encoding may encode them all the same. */
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
  // The SDK reads any XML as an empty listing, even the login page of a router.
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

/** The version of an object as an answer tells it. Throws OriginUnreachable when the answer lacks parts. */
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
  // Without a mode, the version would look like that of a file whose permissions nobody has seen yet.
  return etag === undefined ? { ...version, mode: 0o444 } : { ...version, etag: bareEtag(etag) };
}

function bareEtag(etag: string): string {
  return etag.replace(/^(?:W\/)?"(.*)"$/, "$1");
}

/** Decodes percent-encoding as forms use it, where a plus is a space. */
export function urlDecoded(text: string | undefined): string | undefined {
  try {
    return text && decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
