import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import type { FileVersion } from "../../events/facts/files.ts";
import { objectVersion } from "./_s3_listing.ts";
import { OriginChanged, OriginUnreachable } from "./origin.ts";
import { lend, pieceMemory } from "./piece_memory.ts";
import { versionText } from "./version.ts";

/** Bytes that are read at a time: a body comes in frames of about as many. */
const READ_BYTES = 64 * 1024;

/** What was asked of an object. */
export interface AskedBytes {
  /** For messages: "read a.flac of s3://bucket". */
  readonly what: string;
  readonly offset: number;
  readonly length: number;
  readonly version?: FileVersion | undefined;
  /** What tells versions of an object apart, besides the size. */
  readonly telling: Telling;
}

/** Listings and answers for one object may have other ETags, or other times, for the same: those tell nothing. */
export type Telling = "etag and time" | "etag" | "time";

/**
 * Bytes of an answer as they arrive: exactly those asked for, as far as the object goes, or an error. An answer that is
 * of another version, says other things than it was asked, ends early or does not end is refused; its
 * connection is not used again.
 */
export async function* objectBytes(
  answer: GetObjectCommandOutput,
  asked: AskedBytes,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const body = answer.Body as ReadableStream<Uint8Array<ArrayBuffer>>;
  const reader = body.getReader({ mode: "byob" });
  try {
    const { length, goesOn } = checkedAnswer(answer, asked);
    let left = length;
    let last: Uint8Array<ArrayBuffer> | undefined;
    if (left === 0) return;
    for (;;) {
      const { value: chunk, done } = await reader.read(pieceMemory(READ_BYTES));
      if (done) break;
      signal.throwIfAborted();
      if (chunk.length > left && !goesOn) throw refused(asked, "the answer is too long");
      const piece = chunk.subarray(0, left);
      left -= piece.length;
      if (left > 0) yield lend(piece);
      else if (piece.length > 0) last = piece;
      if (left === 0 && goesOn) break;
    }
    signal.throwIfAborted();
    if (left > 0) throw refused(asked, "the answer ended early");
    if (last !== undefined) yield lend(last);
  } finally {
    // What is left of an answer is nobody's concern, nor how it ends.
    reader.cancel().catch(() => {});
  }
}

/** How many bytes are to come, and whether more follow that nobody asked for. Throws. */
function checkedAnswer(
  answer: GetObjectCommandOutput,
  asked: AskedBytes,
): { length: number; goesOn: boolean } {
  const { start, end, total } = answeredRange(answer, asked);
  const found = objectVersion(total, answer.LastModified, answer.ETag, asked.what);
  const { version, offset } = asked;
  if (version !== undefined && !isSameObject(found, version, asked.telling)) {
    throw new OriginChanged(`Cannot ${asked.what}: it is ${versionText(found)} by now`);
  }
  if (version?.etag !== undefined && found.etag === undefined && asked.telling !== "time") {
    throw refused(asked, "the answer has no ETag");
  }
  const wanted = Math.min(offset + asked.length, total);
  if (wanted <= offset) return { length: 0, goesOn: false };
  if (start !== offset || end < wanted) throw refused(asked, "the answer is of another range");
  if (answer.ContentLength !== undefined && answer.ContentLength !== end - start) {
    throw refused(asked, "the answer is not as long as its range");
  }
  return { length: wanted - offset, goesOn: end > wanted };
}

/** Whether both are one version of an object. An ETag that only one of them has says nothing. */
export function isSameObject(a: FileVersion, b: FileVersion, telling: Telling): boolean {
  const hasTags = a.etag !== undefined && b.etag !== undefined;
  return a.size === b.size &&
    (a.mtime_s === b.mtime_s || (telling === "etag" && hasTags)) &&
    (a.etag === b.etag || telling === "time" || !hasTags);
}

/** What an answer says it is: bytes from `start`, up to and without `end`, of `total`. */
function answeredRange(
  answer: GetObjectCommandOutput,
  asked: AskedBytes,
): { start: number; end: number; total: number } {
  const { ContentRange = "", ContentLength, $metadata: { httpStatusCode } } = answer;
  const range = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(ContentRange);
  if (httpStatusCode === 206 && range !== null) {
    return { start: Number(range[1]), end: Number(range[2]) + 1, total: Number(range[3]) };
  }
  const isWhole = httpStatusCode === 200 && ContentLength !== undefined && asked.offset === 0 &&
    asked.length >= ContentLength;
  if (!isWhole) throw refused(asked, "the server does not give ranges");
  return { start: 0, end: ContentLength, total: ContentLength };
}

function refused({ what }: AskedBytes, why: string): OriginUnreachable {
  return new OriginUnreachable(`Cannot ${what}: ${why}`);
}
