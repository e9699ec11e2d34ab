import { Buffer } from "node:buffer";
import { type FileState, versionOf } from "../../../projections/mod.ts";
import { type Origin, readBytes } from "../../origins/mod.ts";

/** Bytes that are compared at one place; at the beginning of a file, where its tags are, more of them. */
const SAMPLE_BYTES = 4 * 1024;
const HEAD_SAMPLE_BYTES = 64 * 1024;

/** Bytes of a file that are known, from a place on. */
export interface KnownBytes {
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Whether a file holds at these places what is known of another; the offsets are those in the file. Reads a few KB,
 * all at once. Throws what the origin throws.
 */
export async function holds(
  origin: Origin,
  file: FileState,
  known: readonly KnownBytes[],
  signal: AbortSignal,
): Promise<boolean> {
  const answers = await Promise.all(known.map(async ({ offset, bytes }) => {
    const sample = bytes.subarray(0, offset === 0 ? HEAD_SAMPLE_BYTES : SAMPLE_BYTES);
    const found = await readBytes(origin, file.path, offset, sample.length, {
      version: versionOf(file),
      signal,
    });
    return isEqual(found, sample);
  }));
  return !answers.includes(false);
}

/** First, middle and last of what there is to compare: where a difference would most likely show. */
export function samples<T>(parts: readonly T[]): T[] {
  if (parts.length <= 3) return [...parts];
  return [parts[0]!, parts[parts.length >> 1]!, parts.at(-1)!];
}

/**
 * What there is to compare of stored parts, in order: of the last one its end, which scans read, and so it is likely at
 * hand. `read` gives the bytes of a part, or nothing when they can't be had.
 */
export function samplesOf<T extends { readonly offset: number }>(
  parts: readonly T[],
  read: (part: T) => Uint8Array<ArrayBuffer> | undefined,
): KnownBytes[] {
  return samples(parts).flatMap((part, i) => {
    const bytes = read(part);
    if (bytes === undefined) return [];
    const skipped = i === 0 ? 0 : Math.max(0, bytes.length - SAMPLE_BYTES);
    return { offset: part.offset + skipped, bytes: bytes.subarray(skipped) };
  });
}

export function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.from(one.buffer, one.byteOffset, one.length).equals(other);
}
