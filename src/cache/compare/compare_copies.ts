import type { CopyComparison, Likeness } from "../../../events/facts/files.ts";
import { type FileState, versionOf } from "../../../projections/mod.ts";
import { type Origin, readBytes } from "../../origins/mod.ts";
import type { ByteRange } from "../fetch/byte_ranges.ts";
import { isEqual } from "./equal_bytes.ts";

/** Ranges up to this size are compared whole. */
const WHOLE_BYTES_MAX = 256 * 1024;
/**
 * A larger range is divided into this many equal parts, and of each part PLACE_BYTES at a random place are compared.
 */
const PLACES = 16;
const PLACE_BYTES = 4 * 1024;
/** Both ends of a file are compared as well: tags lie there, in which copies of one recording differ. */
const HEAD_BYTES = 64 * 1024;
const TAIL_BYTES = 4 * 1024;
/** Ranges that are requested at a time. */
const AT_ONCE = 6;

/** Returns a whole number from 0 to `below` (exclusive). */
export type Random = (below: number) => number;

/** A file, and the origin to read it from. */
export interface Compared {
  readonly file: FileState;
  readonly origin: Origin;
}

/**
 * Compares two files of one size at places drawn at random from all of them. When these differ, or the sizes do,
 * compares the sound alone, if the log says that both have the same sound. Reads at most 400 KB of each file, in the
 * background. Undefined when the two can't be compared. Throws what the origins throw.
 */
export async function compareCopies(
  one: Compared,
  other: Compared,
  random: Random,
  signal: AbortSignal,
): Promise<CopyComparison | undefined> {
  const told = (alike: Likeness, ranges: readonly ByteRange[], shift: number): CopyComparison => ({
    ...{ file: one.file.file, version: one.file.content },
    ...{ other: other.file.file, other_version: other.file.content },
    ...{ ranges, shift, alike },
  });
  const { size } = one.file;
  const isOneSize = size > 0 && size === other.file.size;
  const whole = isOneSize ? drawnOverFile(size, random) : [];
  if (isOneSize && await areEqual(one, other, whole, 0, signal)) return told("bytes", whole, 0);
  const sound = soundInBoth(one.file, other.file);
  if (sound === undefined) return isOneSize ? told("nothing", whole, 0) : undefined;
  const ranges = drawn(sound, random);
  const isEqual = await areEqual(one, other, ranges, sound.shift, signal);
  return told(isEqual ? "sound" : "nothing", ranges, sound.shift);
}

/** Whether two files can be compared: they have the same size, or the same sound as far as the log knows. */
export function areComparable(one: FileState, other: FileState): boolean {
  return one.size > 0 && one.size === other.size || soundInBoth(one, other) !== undefined;
}

/**
 * Where the sound of `one` lies, and by how many bytes it lies further on in `other`; undefined when the log doesn't
 * say that both have the same sound.
 */
function soundInBoth(one: FileState, other: FileState): ByteRange & { shift: number } | undefined {
  if (one.audio === null || one.audio !== other.audio) return undefined;
  const [from, to] = soundOf(one);
  const [otherFrom, otherTo] = soundOf(other);
  if (from === null || otherFrom === null || to <= from) return undefined;
  return to - from === otherTo - otherFrom ? { from, to, shift: otherFrom - from } : undefined;
}

/**
 * Where the sound lies. No scan looks for the end of a local FLAC's sound: it is the end of the file, unless foreign
 * tags are appended.
 */
function soundOf({ audio_start, audio_end, size }: FileState): [from: number | null, to: number] {
  return [audio_start, audio_end ?? size];
}

/** Ranges of a file to compare: places drawn from all of it, and both its ends; a small file as a whole. */
export function drawnOverFile(size: number, random: Random): ByteRange[] {
  if (size <= WHOLE_BYTES_MAX) return [{ from: 0, to: size }];
  const tail = size - TAIL_BYTES;
  return [
    { from: 0, to: HEAD_BYTES },
    ...drawn({ from: HEAD_BYTES, to: tail }, random),
    { from: tail, to: size },
  ];
}

/** Ranges drawn at random, one from each of the equal parts of a range, ascending; a small range as a whole. */
export function drawn({ from, to }: ByteRange, random: Random): ByteRange[] {
  if (to - from <= WHOLE_BYTES_MAX) return [{ from, to }];
  return Array.from({ length: PLACES }, (_, i) => {
    const start = from + Math.floor((to - from) * i / PLACES);
    const end = from + Math.floor((to - from) * (i + 1) / PLACES);
    const at = start + random(end - start - PLACE_BYTES + 1);
    return { from: at, to: at + PLACE_BYTES };
  });
}

async function areEqual(
  one: Compared,
  other: Compared,
  ranges: readonly ByteRange[],
  shift: number,
  signal: AbortSignal,
): Promise<boolean> {
  for (let i = 0; i < ranges.length; i += AT_ONCE) {
    const equal = await Promise.all(
      ranges.slice(i, i + AT_ONCE).map(async ({ from, to }) => {
        const [bytes, others] = await Promise.all([
          read(one, from, to, signal),
          read(other, from + shift, to + shift, signal),
        ]);
        return bytes.length === to - from && isEqual(bytes, others);
      }),
    );
    if (equal.includes(false)) return false;
  }
  return true;
}

function read({ file, origin }: Compared, from: number, to: number, signal: AbortSignal) {
  const options = { version: versionOf(file), isBackground: true, signal };
  return readBytes(origin, file.path, from, to - from, options);
}
