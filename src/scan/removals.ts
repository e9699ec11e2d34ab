import type { MusicEvent } from "../../events/log/event_log.ts";
import type { ScanMode } from "../../events/facts/origins.ts";
import { type Exclusions, type FileId, isAudioName } from "../base/mod.ts";
import type { Origin } from "../origins/mod.ts";
import { decideRemovals } from "./decide.ts";
import type { MissingFiles } from "./missing_files.ts";
import type { MountPoints } from "./mount_points.ts";
import type { OtherFiles } from "./other_files.ts";
import type { OtherNames } from "./other_names.ts";
import type { ScanTally } from "./tally.ts";

/** How many numbers one `FilesRemoved` holds. */
const REMOVED_BATCH_FILES = 4096;

export interface RemovalsParts {
  readonly origin: Origin;
  readonly scan: number;
  readonly mode: ScanMode;
  readonly missing: MissingFiles;
  readonly exclusions: Exclusions;
  readonly otherNames: OtherNames;
  readonly mounts: MountPoints;
  readonly others: OtherFiles | undefined;
  readonly tally: ScanTally;
  /** How many files were live when the scan began. */
  readonly liveCount: number;
  /** See {@link ScanRequest}. */
  readonly removalsHold: number;
  readonly removalsConfirmed: () => boolean;
}

/** What becomes of the missing files. */
export interface Removals {
  /** The events that remove files, or hold their removal. */
  readonly events: readonly MusicEvent[];
  readonly removed: number;
  /** How many files are missing, but stay until a person confirms their removal. */
  readonly held: number;
  /** How many files were known, without those that are left out by now. */
  readonly known: number;
  readonly isConfirmed: boolean;
}

/** Decides which of the missing files of a complete listing are removed. Throws the errors of the origin. */
export async function findRemovals(parts: RemovalsParts): Promise<Removals> {
  const { origin, scan, exclusions, otherNames, mounts, tally, removalsHold: hold } = parts;
  const excluded: FileId[] = [];
  const missing: FileId[] = [];
  /** Missing files on file systems that are not mounted. */
  const unknown: FileId[] = [];
  for (const { file, path } of parts.missing.music()) {
    if (exclusions.has(path) || otherNames.has(path)) excluded.push(file);
    else (await mounts.isUnknown(path) ? unknown : missing).push(file);
  }
  const known = parts.liveCount - excluded.length;
  const isConfirmed = parts.removalsConfirmed();
  const decision = decideRemovals({
    missing: missing.length,
    ...{ known, hold, confirmed: isConfirmed },
    unanswered: tally.unanswered + unknown.length,
    listsNothing: missing.length > 0 && await listsNothing(origin, exclusions),
  });
  const removed = [
    // A person wants the files that are left out to be gone, so they do not count towards the hold.
    ...excluded,
    ...decision === "remove" ? missing : [],
    ...isConfirmed ? unknown : [],
  ];
  const held = (decision === "hold" ? missing.length : 0) + (isConfirmed ? 0 : unknown.length);
  const events: MusicEvent[] = [];
  for (const files of batches(removed)) {
    events.push({ type: "FilesRemoved", v: 1, data: { origin: origin.id, scan, files } });
  }
  for (const files of batches(decision === "hold" ? [] : await otherRemovals(parts))) {
    events.push({ type: "OtherFilesRemoved", v: 1, data: { origin: origin.id, scan, files } });
  }
  if (held > 0) {
    const data = { origin: origin.id, scan, missing: held, known };
    events.push({ type: "RemovalsHeld", v: 1, data });
  }
  return { events, removed: removed.length, held, known, isConfirmed };
}

/** The missing files that are no music, under the same conditions, except that no share of them needs a confirmation. */
async function otherRemovals(
  { missing, exclusions, mounts, others, tally, mode }: RemovalsParts,
): Promise<FileId[]> {
  const numbers: FileId[] = [];
  for (const { file, path } of missing.others()) {
    const isUnknown = !exclusions.has(path) && await mounts.isUnknown(path);
    if (!isUnknown) numbers.push(file);
  }
  const isNothingLeft = tally.listed === 0 && others?.listed === 0;
  return mode !== "directories" && isNothingLeft ? [] : numbers;
}

/**
 * Whether the root lists nothing. A scan of directories sees little of the origin, and an absent disk looks like
 * deleted albums.
 */
async function listsNothing(origin: Origin, exclusions: Exclusions): Promise<boolean> {
  let isEmpty = true;
  const onDirectory = () => isEmpty = false;
  const listing = origin.list({ recursive: false, wanted: isAudioName, exclusions, onDirectory });
  for await (const batch of listing) if (batch.length > 0) isEmpty = false;
  return isEmpty;
}

function* batches(files: readonly FileId[]): Iterable<FileId[]> {
  for (let at = 0; at < files.length; at += REMOVED_BATCH_FILES) {
    yield files.slice(at, at + REMOVED_BATCH_FILES);
  }
}
