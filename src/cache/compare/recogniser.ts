import type { FileState, Manifest } from "../../../projections/mod.ts";
import type { StoredPart } from "../../../projections/tree/tree_types.ts";
import type { Chunk } from "../../../events/facts/cache.ts";
import type { Origin } from "../../origins/mod.ts";
import type { Random } from "./compare_copies.ts";
import { holds, type KnownBytes } from "./equal_bytes.ts";

/** Stored parts that make up a piece of another file, one behind the other. */
export interface KnownRun {
  readonly offset: number;
  readonly chunks: readonly Chunk[];
}

/** What is stored of another version of the file, or of a copy of it. */
export interface Relative {
  readonly manifest: Manifest;
  /** What the log says of a copy and this file, as they are now; undefined for another version of the file itself. */
  readonly likeness: "bytes" | "sound" | undefined;
}

/** How bytes of a relative lie in the file at hand. */
interface Overlap {
  /** Bytes of the relative that may be bytes of the file. */
  readonly from: number;
  readonly to: number;
  /** Offset in the file, less that in the relative. */
  readonly shift: number;
}

export interface Recognised {
  readonly runs: readonly KnownRun[];
  /** The origin says that it is the version which they were known from. */
  readonly isCertain: boolean;
}

export interface RecogniserParts {
  /** Everything that is stored of the file's other versions and of its copies. */
  relatives(file: FileState): readonly Relative[];
  parts(manifest: Manifest): StoredPart[];
  /** Bytes of a stored part; undefined when they can't be had. */
  bytes(part: StoredPart): Uint8Array<ArrayBuffer> | undefined;
  readonly random: Random;
}

/** Places at which the sound is compared, and how much of each; the origin reads all that for a file tagged anew. */
const PLACES = 12;
const PLACE_BYTES = 1024;
/** Around the sound, so much at each end is compared. */
const EDGE_BYTES_MAX = 64 * 1024;

/**
 * Finds what of a file is stored already, under another version of it or under a copy.
 *
 * A change is taken for one of the tags only when it explains itself as such: the sound has the same identity and length,
 * and the file's size, the place of its sound or what lies around the sound are others than they were. What
 * changed and shows none of that was mended, or is another recording that looks alike, and is fetched whole. Of a copy the log
 * must say that the two were compared. In any case the sound is compared at random places over all that is stored of
 * it. What is found is likely then, and not certain, except where the origin says that it is the same version. Throws what
 * the origin throws.
 */
export async function recognise(
  file: FileState,
  origin: Origin,
  parts: RecogniserParts,
  signal: AbortSignal,
): Promise<Recognised> {
  for (const relative of parts.relatives(file)) {
    const { manifest } = relative;
    const stored = parts.parts(manifest);
    if (isSameByOrigin(file, manifest)) return { runs: runs(stored, 0), isCertain: true };
    const overlap = overlapOf(file, relative);
    if (overlap === undefined) continue;
    const { from, to, shift } = overlap;
    const alike = stored.filter(({ offset, length }) => offset >= from && offset + length <= to);
    const samples = drawSamples(alike, parts);
    if (samples.length === 0) continue;
    const isExplained = relative.likeness !== undefined || hasMoved(file, manifest) ||
      !(await holds(origin, file, aroundSound(stored, overlap, parts), signal));
    if (!isExplained) continue;
    const moved = samples.map(({ offset, bytes }) => ({ offset: offset + shift, bytes }));
    if (await holds(origin, file, moved, signal)) {
      return { runs: runs(alike, shift), isCertain: false };
    }
  }
  return { runs: [], isCertain: false };
}

/** Whether the origin's ETag says so. Equal times prove nothing: an event has just said that the bytes may have changed. */
function isSameByOrigin({ file, size, etag }: FileState, manifest: Manifest): boolean {
  return manifest.file === file && manifest.size === size && etag !== null &&
    manifest.etag === etag;
}

function overlapOf(file: FileState, { manifest, likeness }: Relative): Overlap | undefined {
  const { size, audio, audio_start, audio_end } = file;
  if (likeness === "bytes") return { from: 0, to: size, shift: 0 };
  if (audio === null || manifest.audio !== audio) return undefined;
  if (audio_start === null || audio_end === null) return undefined;
  const { audio_start: from, audio_end: to } = manifest;
  if (from === null || to === null || to - from !== audio_end - audio_start) return undefined;
  return { from, to, shift: audio_start - from };
}

function hasMoved({ size, audio_start }: FileState, manifest: Manifest): boolean {
  return size !== manifest.size || audio_start !== manifest.audio_start;
}

/** Stored bytes in front of the sound and behind it, as much as is compared; none when none is stored. */
function aroundSound(
  stored: readonly StoredPart[],
  { from, to }: Overlap,
  parts: RecogniserParts,
): KnownBytes[] {
  return stored.filter(({ offset, length }) =>
    offset < Math.min(from, EDGE_BYTES_MAX) || offset + length > to && offset < to + EDGE_BYTES_MAX
  ).flatMap((part) => {
    const bytes = parts.bytes(part);
    if (bytes === undefined) return [];
    const isBefore = part.offset < from;
    const skipped = isBefore ? 0 : Math.max(0, to - part.offset);
    const end = isBefore ? from - part.offset : bytes.length;
    const around = bytes.subarray(skipped, Math.min(end, skipped + EDGE_BYTES_MAX));
    return around.length === 0 ? [] : [{ offset: part.offset + skipped, bytes: around }];
  });
}

/** Bytes at a place drawn from each of the equal shares of what is stored. */
function drawSamples(
  stored: readonly StoredPart[],
  { bytes, random }: RecogniserParts,
): KnownBytes[] {
  const total = stored.reduce((sum, { length }) => sum + length, 0);
  const samples: KnownBytes[] = [];
  let next = 0;
  let before = 0;
  for (let i = 0; i < PLACES && total > 0; i++) {
    const share = Math.floor(total * i / PLACES);
    const at = share + random(Math.max(1, Math.floor(total * (i + 1) / PLACES) - share));
    while (before + stored[next]!.length <= at) before += stored[next++]!.length;
    const part = stored[next]!;
    const known = bytes(part);
    if (known === undefined) continue;
    const from = Math.max(0, Math.min(at - before, part.length - PLACE_BYTES));
    const sample = known.subarray(from, from + PLACE_BYTES);
    samples.push({ offset: part.offset + from, bytes: sample });
  }
  return samples;
}

/** Parts as events tell of them: those that touch together. */
function runs(parts: readonly StoredPart[], shift: number): KnownRun[] {
  const found: { offset: number; end: number; chunks: Chunk[] }[] = [];
  for (const { offset, length, hash } of parts) {
    let run = found.at(-1);
    if (run?.end !== offset + shift) {
      found.push(run = { offset: offset + shift, end: offset + shift, chunks: [] });
    }
    run.chunks.push({ hash, length });
    run.end += length;
  }
  return found.map(({ offset, chunks }) => ({ offset, chunks }));
}

/** What is left of a run without the chunks that are not there. */
export function runsLeft(
  { offset, chunks }: KnownRun,
  isThere: (hash: string) => boolean,
): KnownRun[] {
  const runs: { offset: number; chunks: Chunk[] }[] = [];
  let run: { offset: number; chunks: Chunk[] } | undefined;
  let at = offset;
  for (const chunk of chunks) {
    if (!isThere(chunk.hash)) run = undefined;
    else {
      if (run === undefined) runs.push(run = { offset: at, chunks: [] });
      run.chunks.push(chunk);
    }
    at += chunk.length;
  }
  return runs;
}
