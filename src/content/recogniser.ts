import type { FileState, Manifest } from "../../projections/mod.ts";
import type { StoredPart } from "../../projections/tree_types.ts";
import type { Chunk } from "../../events/content_events.ts";
import type { Origin } from "../origins/mod.ts";
import { holds, mayBeEqual, samplesOf } from "./equal_bytes.ts";

/** Stored parts that make up a piece of another file, one behind the other. */
export interface KnownRun {
  readonly offset: number;
  readonly chunks: readonly Chunk[];
}

/** What is stored of another version or copy, and how its bytes lie in the file at hand. */
interface Likeness {
  readonly manifest: Manifest;
  /** Bytes of the other one that are bytes of this one. */
  readonly from: number;
  readonly to: number;
  /** Offset in this file, less that in the other. */
  readonly shift: number;
  /** The origin says that it is the same version: nothing need be compared. */
  readonly isCertain: boolean;
}

export interface RecogniserParts {
  /** Everything that is stored of the file's other versions, and of files with the same sound. */
  relatives(file: FileState): readonly { manifest: Manifest; copy: FileState | undefined }[];
  parts(manifest: Manifest): StoredPart[];
  /** Bytes of a stored part; undefined when they can't be had. */
  bytes(part: StoredPart): Uint8Array<ArrayBuffer> | undefined;
}

/**
 * Finds what of a file is stored already, under another version of it (its tags were written anew) or another copy. The
 * sound of both must have the same identity and length; then a few KB of it are read and compared, at places that
 * are stored. Throws what the origin throws.
 */
export async function recognise(
  file: FileState,
  origin: Origin,
  parts: RecogniserParts,
  signal: AbortSignal,
): Promise<KnownRun[]> {
  for (const { manifest, copy } of parts.relatives(file)) {
    const likeness = likenessOf(file, manifest, copy);
    if (likeness === undefined) continue;
    const { from, to, shift, isCertain } = likeness;
    const alike = parts.parts(manifest)
      .filter(({ offset, length }) => offset >= from && offset + length <= to);
    if (alike.length === 0) continue;
    if (!isCertain) {
      const known = samplesOf(alike, (part) => parts.bytes(part))
        .map(({ offset, bytes }) => ({ offset: offset + shift, bytes }));
      if (known.length === 0 || !(await holds(origin, file, known, signal))) continue;
    }
    return runs(alike, shift);
  }
  return [];
}

function likenessOf(
  file: FileState,
  manifest: Manifest,
  copy: FileState | undefined,
): Likeness | undefined {
  const { size, audio_start, audio_end } = file;
  // A time proves nothing here: the log has just learned that the bytes behind it may be others.
  const isCertain = manifest.file === file.file && manifest.size === size &&
    manifest.etag !== null && manifest.etag === file.etag;
  const whole = { manifest, from: 0, to: size, shift: 0, isCertain };
  if (isCertain) return whole;
  if (file.audio === null || manifest.audio !== file.audio) return undefined;
  if (audio_start === null || audio_end === null) {
    return copy !== undefined && mayBeEqual(file, copy) ? whole : undefined;
  }
  // Of a copy no more than of another version: tags that the log does not keep may be others.
  const { audio_start: from, audio_end: to } = manifest;
  if (from === null || to === null || to - from !== audio_end - audio_start) return undefined;
  return { manifest, from, to, shift: audio_start - from, isCertain: false };
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
