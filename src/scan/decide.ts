/**
 * What a scan concludes, without a disk, a database or a clock in sight.
 *
 * @module
 */
import type { FileVersion } from "../../events/file_events.ts";
import type { ScanMode } from "../../events/origin_events.ts";
import { REMOVALS_HOLD_FILES_MIN } from "../base/mod.ts";
import { isSameVersion } from "../origins/mod.ts";
import type { FormerFile, KnownFile, KnownSound } from "./known_files.ts";

/** A listed file that has to be read: new, changed, or every file in a full scan. */
export interface Candidate extends FileVersion {
  readonly path: string;
  /** Its number, when the path is known. */
  readonly file: number | undefined;
}

export interface Comparison {
  /** Files that are as they were. */
  readonly unchanged: readonly KnownFile[];
  readonly candidates: readonly Candidate[];
}

/** Splits files listed in a directory into those to read and those that are as they were. */
export function compareDirectory(
  known: ReadonlyMap<string, KnownFile>,
  listed: readonly (FileVersion & { readonly path: string })[],
  rereads: (path: string) => boolean,
): Comparison {
  const unchanged: KnownFile[] = [];
  const candidates: Candidate[] = [];
  for (const file of listed) {
    const { path, size, mtime_s, mtime_ns, etag } = file;
    const before = known.get(path.slice(path.lastIndexOf("/") + 1));
    if (before !== undefined && isSameVersion(before, file) && !rereads(path)) {
      unchanged.push(before);
    } else {
      const version = { size, mtime_s, mtime_ns, ...(etag !== undefined && { etag }) };
      candidates.push({ path, ...version, file: before?.file });
    }
  }
  return { unchanged, candidates };
}

/**
 * Whether a listed file is one that is known from before, so that nothing of it has to be read. What lay below another
 * root may have been copied: a copy that kept its time, or the ETag that is made of its bytes, is as good.
 */
export function isFormer({ version, isElsewhere }: FormerFile, listed: FileVersion): boolean {
  if (!isElsewhere) return isSameVersion(version, listed);
  const { size, mtime_s, mtime_ns, etag } = version;
  if (size !== listed.size) return false;
  if (etag !== undefined && listed.etag !== undefined) return etag === listed.etag;
  return mtime_s === listed.mtime_s && mtime_ns === listed.mtime_ns;
}

/** Where the number of a file at a new path may come from. */
export interface NumberSources {
  readonly audio: string | undefined;
  /** The removed file that was last at this path. */
  readonly removedHere: { readonly file: number; readonly audio: string | null } | undefined;
  /** Files with the same sound whose number is free: removed, gone from where they were, or elsewhere. */
  readonly sameSound: readonly KnownSound[];
  /** A file whose path differs by case alone, and is gone. */
  readonly otherCase: KnownSound | undefined;
}

/**
 * The known file that a file at a new path is; undefined when it is a new one. The sound weighs more than
 * the path, and a file that is moving more than one that was removed: it would be removed otherwise.
 */
export function decideNumber(
  { audio, removedHere, sameSound, otherCase }: NumberSources,
): { file: number; movedFrom: string | undefined; wasLive: boolean } | undefined {
  const here = removedHere && { file: removedHere.file, movedFrom: undefined, wasLive: false };
  if (here !== undefined && audio !== undefined && removedHere?.audio === audio) return here;
  const own = sameSound.filter(({ isElsewhere }) => !isElsewhere);
  const moved = own.find(({ removed }) => !removed) ?? otherCase;
  if (moved !== undefined) return { file: moved.file, movedFrom: moved.path, wasLive: true };
  if (here !== undefined) return here;
  const returned = own[0];
  if (returned !== undefined) {
    return { file: returned.file, movedFrom: returned.path, wasLive: false };
  }
  const elsewhere = sameSound[0];
  return elsewhere && { file: elsewhere.file, movedFrom: undefined, wasLive: false };
}

export interface Absence {
  /** Files that a complete listing lacks, of so many that were known. */
  readonly missing: number;
  readonly known: number;
  /** There is nothing at all on the origin. */
  readonly listsNothing: boolean;
  /** Share of the known files above which a person has to confirm, 0 to 1. */
  readonly hold: number;
  readonly confirmed: boolean;
}

/** What becomes of files that a complete listing lacks (law 1: unknown is not deleted). */
export function decideRemovals(
  { missing, known, listsNothing, hold, confirmed }: Absence,
): "nothing" | "remove" | "hold" {
  if (missing === 0) return "nothing";
  if (confirmed) return "remove";
  if (listsNothing || missing >= known) return "hold";
  return missing >= REMOVALS_HOLD_FILES_MIN && missing > hold * known ? "hold" : "remove";
}

/** The mode under which a scan that was cut off is gone on with: which directories it had is not known. */
export function resumedMode(mode: ScanMode): ScanMode {
  return mode === "directories" ? "changes" : mode;
}
