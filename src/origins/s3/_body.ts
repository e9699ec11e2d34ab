import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import type { FileVersion } from "../../../events/facts/files.ts";
import { objectVersion } from "./_listing.ts";
import { OriginChanged, OriginUnreachable } from "../origin.ts";
import { lend, pieceMemory } from "../piece_memory.ts";
import { versionText } from "../version.ts";

/** Bytes of one read of a body: about as many come in one frame. */
const READ_BYTES = 64 * 1024;

/** A request for bytes of an object. */
export interface AskedBytes {
  /** For messages: "read a.flac of s3://bucket". */
  readonly what: string;
  readonly offset: number;
  readonly length: number;
  readonly version?: FileVersion | undefined;
  /** What tells versions of the object apart, besides the size. */
  readonly telling: Telling;
}

/**
 * Some servers give another ETag, or another time, in a listing than in an answer for the object. What differs so
 * tells nothing about versions.
 */
export type Telling = "etag and time" | "etag" | "time";

/**
 * Yields the bytes of an answer as they arrive: exactly those asked for, as far as the object goes. Throws for an
 * answer that is of another version, has another range, ends early or does not end; its connection is not used again.
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
    // The rest of the answer is not wanted, nor how its transfer ends.
    reader.cancel().catch(() => {});
  }
}

/**
 * Checks the head of an answer. Returns the number of bytes to come, and whether more follow than were asked for.
 * Throws.
 */
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

/** Whether two versions of an object are the same. An ETag that only one of them has says nothing. */
export function isSameObject(a: FileVersion, b: FileVersion, telling: Telling): boolean {
  const hasTags = a.etag !== undefined && b.etag !== undefined;
  return a.size === b.size &&
    (a.mtime_s === b.mtime_s || (telling === "etag" && hasTags)) &&
    (a.etag === b.etag || telling === "time" || !hasTags);
}

/** The range that an answer says it has: bytes from `start` up to but without `end`, of `total`. */
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
