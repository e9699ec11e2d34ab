/**
 * What a scan concludes, without a disk, a database or a clock in sight.
 *
 * @module
 */
import type { FileOwnership, FileVersion, UnreadableKind } from "../../events/facts/files.ts";
import type { ScanMode } from "../../events/facts/origins.ts";
import { type FileId, REMOVALS_HOLD_FILES_MIN } from "../base/mod.ts";
import { isSameVersion, statusOf } from "../origins/mod.ts";
import type { ListedFile } from "../metadata/mod.ts";
import type { FormerFile, KnownFile, KnownSound } from "./known_files.ts";

/** A listed file that has to be read: new, changed, not to be told from a changed one, or every file in a full scan. */
export interface Candidate extends ListedFile {
  /** Its number, when the path is known. */
  readonly file: FileId | undefined;
  /** What was known at its path. */
  readonly before: KnownFile | undefined;
  /** When it was listed, ms since the epoch. */
  readonly listed_at: number;
}

/** A file that is as it was, of which the origin says more now, or that somebody else may read. */
export interface Restated {
  readonly file: FileId;
  readonly path: string;
  readonly status: FileVersion & FileOwnership;
}

export interface Comparison {
  /** Files that are as they were, those restated included. */
  readonly unchanged: readonly KnownFile[];
  readonly restated: readonly Restated[];
  readonly candidates: readonly Candidate[];
}

/**
 * Splits files listed in a directory into those to read and those that are as they were. What only the log lacks (older
 * programs noted no time of change, no inode, no owner) makes no other version: such a file was looked at by its size
 * and time before, and is taken for the same once more, with what the origin says of it from now on.
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
    const before = known.get(path.slice(path.lastIndexOf("/") + 1));
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

/** Whether the kind says that nobody could look at a file, which is no verdict on its bytes. */
export function isUnanswered(unreadable: UnreadableKind | undefined): boolean {
  return unreadable !== undefined && unreadable !== "format";
}

/** What could not be read may be readable by now, and what was too young may be something else. */
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

/** File systems and servers that tell whole seconds (FAT every other one) give what is written within them one time. */
const COARSE_CLOCK_MS = 2_000;
/** Clocks of other machines may go ahead of this one; a time farther in the future is no clock's. */
const CLOCK_AHEAD_MS = 3_600_000;

/**
 * Whether bytes written after `at`, when the file was listed, may have the same version. Where a time has a part of a
 * second, its clock is as fine as the kernel's: two writes that nobody can tell apart are milliseconds apart.
 */
export function isUnsettled(version: FileVersion, at: number): boolean {
  const { etag, mtime_s, mtime_ns, ctime_s = mtime_s, ctime_ns = mtime_ns } = version;
  if (etag !== undefined || mtime_ns !== 0 || ctime_ns !== 0) return false;
  const age = at - Math.max(mtime_s, ctime_s) * 1_000;
  return age < COARSE_CLOCK_MS && age > -CLOCK_AHEAD_MS;
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

/** What was read of a file at a new path, to be told from others that sound alike. */
export interface SeenFile extends Pick<FileVersion, "size" | "mtime_s" | "mtime_ns"> {
  readonly path: string;
  readonly audio: string | undefined;
  /** Bytes of the sound; undefined where its place is not known. */
  readonly soundBytes: number | undefined;
  /** JSON of its tags. */
  readonly tags: string;
}

/** Where the number of a file at a new path may come from. */
export interface NumberSources {
  readonly seen: SeenFile;
  /** The removed file that was last at this path. */
  readonly removedHere: { readonly file: FileId; readonly audio: string | null } | undefined;
  /** Files with the same sound whose number is free: removed, gone from where they were, or elsewhere. */
  readonly sameSound: readonly KnownSound[];
  /** A file whose path differs by case alone, and is gone. */
  readonly otherCase: Pick<KnownSound, "file" | "path"> | undefined;
}

/**
 * The known file that a file at a new path is; undefined when it is a new one. The sound weighs more than
 * the path, and a file that is moving more than one that was removed: it would be removed otherwise. That it sounds
 * alike is not enough: see {@link likeliest}.
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
 * The one of several files of the same sound that a file is; undefined when more than one may be it, or none. Their sounds
 * are equally long, and where a former program told the sound by its ends alone, something else agrees as well.
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

/** How much two files of the same sound have in common besides that. */
function agreementOf(seen: SeenFile, known: KnownSound): number {
  const [segments, others] = [seen.path, known.path].map((path) => path.split("/").reverse());
  let inCommon = segments!.findIndex((segment, i) => segment !== others![i]);
  if (inCommon < 0) inCommon = segments!.length;
  const isSameVersion = seen.size === known.size && seen.mtime_s === known.mtime_s &&
    seen.mtime_ns === known.mtime_ns;
  return inCommon + Number(isSameVersion) + Number(seen.tags === known.tags);
}

export interface Absence {
  /** Files that a complete listing lacks, of so many that were known. */
  readonly missing: number;
  readonly known: number;
  /** Known files that are there and could not be read: a disk that gives errors may have lost the others, too. */
  readonly unanswered: number;
  /** There is nothing at all on the origin. */
  readonly listsNothing: boolean;
  /** Share of the known files above which a person has to confirm, 0 to 1. */
  readonly hold: number;
  readonly confirmed: boolean;
}

/** What becomes of files that a complete listing lacks (law 1: unknown is not deleted). */
export function decideRemovals(
  { missing, known, unanswered, listsNothing, hold, confirmed }: Absence,
): "nothing" | "remove" | "hold" {
  if (missing === 0) return "nothing";
  if (confirmed) return "remove";
  if (listsNothing || missing >= known) return "hold";
  const lost = missing + unanswered;
  return lost >= REMOVALS_HOLD_FILES_MIN && lost > hold * known ? "hold" : "remove";
}

/** The mode under which a scan that was cut off is gone on with: which directories it had is not known. */
export function resumedMode(mode: ScanMode): ScanMode {
  return mode === "directories" ? "changes" : mode;
}
