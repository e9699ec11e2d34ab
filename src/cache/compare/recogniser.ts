import type { FileState, Manifest } from "../../../projections/mod.ts";
import type { StoredPart } from "../../../projections/tree/tree_types.ts";
import type { Chunk } from "../../../events/facts/cache.ts";
import type { Origin } from "../../origins/mod.ts";
import type { Random } from "./compare_copies.ts";
import { holds, type KnownBytes } from "./equal_bytes.ts";

/** Consecutive stored chunks that are bytes of a file, from `offset` of that file on. */
export interface KnownRun {
  readonly offset: number;
  readonly chunks: readonly Chunk[];
}

/** The stored bytes of another version of the file, or of a copy of it. */
export interface Relative {
  readonly manifest: Manifest;
  /**
   * How alike the log calls a copy and this file, as they are now; undefined for another version of the file itself.
   */
  readonly likeness: "bytes" | "sound" | undefined;
}

/** Where bytes of a relative lie in the file. */
interface Overlap {
  /** Bytes of the relative that may be bytes of the file. */
  readonly from: number;
  readonly to: number;
  /** Offset in the file, less that in the relative. */
  readonly shift: number;
}

export interface Recognised {
  readonly runs: readonly KnownRun[];
  /** Whether the origin says that the file is the very version from which the bytes are known. */
  readonly isCertain: boolean;
}

export interface RecogniserParts {
  /** The stored bytes of the file's other versions and of its copies. */
  relatives(file: FileState): readonly Relative[];
  parts(manifest: Manifest): StoredPart[];
  /** Bytes of a stored part; undefined when they can't be read. */
  bytes(part: StoredPart): Uint8Array<ArrayBuffer> | undefined;
  readonly random: Random;
}

/**
 * At this many places the sound is compared, and this many bytes at each. All of them are read from the origin for each
 * file whose tags changed.
 */
const PLACES = 12;
const PLACE_BYTES = 1024;
/** Up to this many bytes before and after the sound are compared. */
const EDGE_BYTES_MAX = 64 * 1024;

/**
 * Finds the bytes of a file that are stored already, under another version of it or under a copy.
 *
 * A change is taken for a change of tags only when it shows as one: the sound has the same identity and length, and the
 * file's size, the place of its sound or the bytes around its sound differ from those before. A file that changed and
 * shows none of that was repaired, or is another recording that looks alike; it is fetched as a whole. For a copy, the
 * log must say that the two were compared. In any case, all that is stored of the sound is compared at random places.
 * So the result is likely, but not certain, except where the origin says that the file is the same version. Throws what
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

/**
 * Whether the origin's ETag says that the version is the same. Equal times prove nothing: an event has just said that
 * the bytes may have changed.
 */
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

/** The stored bytes before and after the sound, up to EDGE_BYTES_MAX of each part; none when none are stored. */
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

/** Bytes at random places, one in each of PLACES equal shares of the stored bytes. */
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

/** The parts as runs of parts that touch, the way events name them; `shift` is added to their offsets. */
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

/** The pieces of a run that remain without the chunks that are not there. */
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
