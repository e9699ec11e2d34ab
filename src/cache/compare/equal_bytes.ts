import { Buffer } from "node:buffer";
import { type FileState, versionOf } from "../../../projections/mod.ts";
import { type Origin, readBytes } from "../../origins/mod.ts";

/** Bytes that are compared at one place, and at the beginning of a file, where its tags are. */
const SAMPLE_BYTES = 4 * 1024;
const HEAD_SAMPLE_BYTES = 64 * 1024;

/** Known bytes of a file, from an offset on. */
export interface KnownBytes {
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Whether a file holds these known bytes of another one; the offsets are those in `file`. Reads a few KB of it, all at
 * once. Throws what the origin throws.
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

/** The first, the middle and the last part, where a difference would most likely show. */
export function samples<T>(parts: readonly T[]): T[] {
  if (parts.length <= 3) return [...parts];
  return [parts[0]!, parts[parts.length >> 1]!, parts.at(-1)!];
}

/**
 * The bytes of stored parts to compare, in order. Of all but the first part these are the end: scans read the end of a
 * file, so it is likely at hand. `read` returns the bytes of a part, or undefined when they can't be read.
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
