/**
 * The decisions of a scan, as pure functions: they use no disk, no database and no clock.
 *
 * @module
 */
import type { FileOwnership, FileVersion, UnreadableKind } from "../../events/facts/files.ts";
import type { ScanMode } from "../../events/facts/origins.ts";
import { type FileId, REMOVALS_HOLD_FILES_MIN } from "../base/mod.ts";
import { baseNameOf, isSameVersion, statusOf } from "../origins/mod.ts";
import type { ListedFile } from "../metadata/mod.ts";
import type { FormerFile, KnownFile, KnownSound } from "./known_files.ts";

/**
 * A listed file that has to be read: it is new, or changed, or may have changed unnoticed, or the scan is a full one.
 */
export interface Candidate extends ListedFile {
  /** The file's number, when the path is known. */
  readonly file: FileId | undefined;
  /** The known file at its path. */
  readonly before: KnownFile | undefined;
  /** When the file was listed, in ms since the epoch. */
  readonly listed_at: number;
}

/** A file that is unchanged, but of which the origin says more than is known, or which other users may read now. */
export interface Restated {
  readonly file: FileId;
  readonly path: string;
  readonly status: FileVersion & FileOwnership;
}

export interface Comparison {
  /** The unchanged files, including the restated ones. */
  readonly unchanged: readonly KnownFile[];
  readonly restated: readonly Restated[];
  readonly candidates: readonly Candidate[];
}

/**
 * Splits the files listed in a directory into files to read and unchanged ones. A field that only the log lacks (older
 * programs recorded no time of change, no inode, no owner) makes no other version: an older program compared such a
 * file by size and modification time, so it counts as unchanged once more, and is restated with what the origin says
 * now.
 */
export function compareDirectory(
  known: ReadonlyMap<string, KnownFile>,
  listed: readonly (FileVersion & FileOwnership & { readonly path: string })[],
  { rereads, now }: { rereads: (path: string) => boolean; now: number },
): Comparison {
  const unchanged: KnownFile[] = [];
  const restated: Restated[] = [];
  const candidates: Candidate[] = [];
  for (const file of listed) {
    const { path } = file;
    const before = known.get(baseNameOf(path));
    if (before === undefined || !isAsItWas(before, file) || rereads(path)) {
      candidates.push({
        path,
        ...statusOf(file),
        ...(before?.unreadable === "timeout" && { wasStopped: true }),
        file: before?.file,
        before,
        listed_at: now,
      });
      continue;
    }
    unchanged.push(before);
    if (saysMore(before, file)) restated.push({ file: before.file, path, status: statusOf(file) });
  }
  return { unchanged, restated, candidates };
}

/** Whether the kind says that the file could not be looked at, which is no verdict on its bytes. */
export function isUnanswered(unreadable: UnreadableKind | undefined): boolean {
  return unreadable !== undefined && unreadable !== "format";
}

/** An unreadable file may be readable by now, and a file whose times were too young may have other bytes. */
function isAsItWas(before: KnownFile, file: FileVersion): boolean {
  return !isUnanswered(before.unreadable) && !before.unsettled && isSameVersion(before, file);
}

function saysMore(before: KnownFile, file: FileVersion & FileOwnership): boolean {
  return isNews(before.ctime_s, file.ctime_s) || isNews(before.inode, file.inode) ||
    isNews(before.mode, file.mode) || isNews(before.uid, file.uid) || isNews(before.gid, file.gid);
}

function isNews(before: number | undefined, now: number | undefined): boolean {
  return now !== undefined && now !== before;
}

/** File systems and servers that keep whole seconds (FAT even ones only) give all writes within them the same time. */
const COARSE_CLOCK_MS = 2_000;
/** Clocks of other machines may be ahead of this one by so much; a time farther in the future comes from no clock. */
const CLOCK_AHEAD_MS = 3_600_000;

/**
 * Whether bytes written after `at`, the time of the listing, may get the same version. A time with a fraction of a
 * second comes from a clock as fine as the kernel's: two writes that share such a time are at most milliseconds apart.
 */
export function isUnsettled(version: FileVersion, at: number): boolean {
  const { etag, mtime_s, mtime_ns, ctime_s = mtime_s, ctime_ns = mtime_ns } = version;
  if (etag !== undefined || mtime_ns !== 0 || ctime_ns !== 0) return false;
  const age = at - Math.max(mtime_s, ctime_s) * 1_000;
  return age < COARSE_CLOCK_MS && age > -CLOCK_AHEAD_MS;
}

/**
 * Whether a listed file is one that was known before, so that nothing of it has to be read. A file below another root
 * may have been copied here: then an equal modification time, or an equal ETag, which is made of the bytes, is enough.
 */
export function isFormer({ version, isElsewhere }: FormerFile, listed: FileVersion): boolean {
  if (!isElsewhere) return isSameVersion(version, listed);
  const { size, mtime_s, mtime_ns, etag } = version;
  if (size !== listed.size) return false;
  if (etag !== undefined && listed.etag !== undefined) return etag === listed.etag;
  return mtime_s === listed.mtime_s && mtime_ns === listed.mtime_ns;
}

/** The facts read of a file at a new path that tell it from other files of the same sound. */
export interface SeenFile extends Pick<FileVersion, "size" | "mtime_s" | "mtime_ns"> {
  readonly path: string;
  readonly audio: string | undefined;
  /** The length of the sound in bytes; undefined when its place is not known. */
  readonly soundBytes: number | undefined;
  /** The file's tags as JSON. */
  readonly tags: string;
}

/** The known files whose number a file at a new path may take. */
export interface NumberSources {
  readonly seen: SeenFile;
  /** The removed file that was last at this path. */
  readonly removedHere: { readonly file: FileId; readonly audio: string | null } | undefined;
  /**
   * Files with the same sound whose number is free: they were removed, or are gone from their paths, or are elsewhere.
   */
  readonly sameSound: readonly KnownSound[];
  /** A file whose path differs in case only, and which is gone. */
  readonly otherCase: Pick<KnownSound, "file" | "path"> | undefined;
}

/**
 * Finds the known file that a file at a new path is; undefined when the file is new. The sound weighs more than the
 * path. A file that is moving weighs more than a removed one, since it would be removed otherwise. An equal sound alone
 * is not enough: see {@link likeliest}.
 */
export function decideNumber(
  { seen, removedHere, sameSound, otherCase }: NumberSources,
): { file: FileId; movedFrom: string | undefined; wasLive: boolean } | undefined {
  const { audio } = seen;
  const here = removedHere && { file: removedHere.file, movedFrom: undefined, wasLive: false };
  if (here !== undefined && audio !== undefined && removedHere?.audio === audio) return here;
  const own = sameSound.filter(({ isElsewhere }) => !isElsewhere);
  const moved = likeliest(seen, own.filter(({ removed }) => !removed)) ?? otherCase;
  if (moved !== undefined) return { file: moved.file, movedFrom: moved.path, wasLive: true };
  if (here !== undefined) return here;
  const returned = likeliest(seen, own.filter(({ removed }) => removed));
  if (returned !== undefined) {
    return { file: returned.file, movedFrom: returned.path, wasLive: false };
  }
  const elsewhere = likeliest(seen, sameSound.filter(({ isElsewhere }) => isElsewhere));
  return elsewhere && { file: elsewhere.file, movedFrom: undefined, wasLive: false };
}

/**
 * Picks the one of several files of the same sound that a file is; undefined when there is none, or more than one. Both
 * sounds must be equally long. Where a former program compared the ends of the sound only (`isWeak`), something else
 * must agree as well.
 */
function likeliest(seen: SeenFile, files: readonly KnownSound[]): KnownSound | undefined {
  let best: KnownSound | undefined;
  let most = -1;
  let isAlone = true;
  for (const known of files) {
    const { soundBytes, isWeak } = known;
    const isAsLong = soundBytes === undefined || seen.soundBytes === undefined ||
      soundBytes === seen.soundBytes;
    const agreement = agreementOf(seen, known);
    if (!isAsLong || isWeak && agreement === 0 || agreement < most) continue;
    isAlone = agreement > most;
    most = agreement;
    best = known;
  }
  return isAlone ? best : undefined;
}

/** Counts what two files of the same sound have in common besides the sound. */
function agreementOf(seen: SeenFile, known: KnownSound): number {
  const [segments, others] = [seen.path, known.path].map((path) => path.split("/").reverse());
  let inCommon = segments!.findIndex((segment, i) => segment !== others![i]);
  if (inCommon < 0) inCommon = segments!.length;
  const isSameVersion = seen.size === known.size && seen.mtime_s === known.mtime_s &&
    seen.mtime_ns === known.mtime_ns;
  return inCommon + Number(isSameVersion) + Number(seen.tags === known.tags);
}

export interface Absence {
  /** The files that a complete listing lacks. */
  readonly missing: number;
  readonly known: number;
  /** Known files that are there and could not be read: a disk with errors may have lost the missing ones, too. */
  readonly unanswered: number;
  /** Whether the origin lists nothing at all. */
  readonly listsNothing: boolean;
  /** The share of the known files, 0 to 1, above which a person has to confirm. */
  readonly hold: number;
  readonly confirmed: boolean;
}

/** Decides about the files that a complete listing lacks (law 1: unknown is not deleted). */
export function decideRemovals(
  { missing, known, unanswered, listsNothing, hold, confirmed }: Absence,
): "nothing" | "remove" | "hold" {
  if (missing === 0) return "nothing";
  if (confirmed) return "remove";
  if (listsNothing || missing >= known) return "hold";
  const lost = missing + unanswered;
  return lost >= REMOVALS_HOLD_FILES_MIN && lost > hold * known ? "hold" : "remove";
}

/**
 * The mode in which an interrupted scan continues. The log does not say which directories a scan of directories had.
 */
export function resumedMode(mode: ScanMode): ScanMode {
  return mode === "directories" ? "changes" : mode;
}
