import { type Exclusions, messageOf } from "../base/mod.ts";
import {
  compareWalkOrder,
  directoryOf,
  isAtOrBelow,
  OriginNotFound,
  OriginRefused,
} from "../origins/mod.ts";
import type { KnownFiles } from "./known_files.ts";
import type { OriginWalk } from "./origin_walk.ts";
import type { OtherFiles } from "./other_files.ts";
import type { ScanTally } from "./tally.ts";

export interface DirectoryWalkParts {
  readonly walk: OriginWalk;
  readonly known: KnownFiles;
  readonly others: OtherFiles | undefined;
  readonly exclusions: Exclusions;
  readonly tally: ScanTally;
}

/** Where a scan has looked: known files there that it has not met are missing. */
export interface Searched {
  /** Directories whose own files were listed. */
  readonly listed: readonly string[];
  /** Directories that were listed at any depth, or are gone. None lies below another. */
  readonly whole: readonly string[];
}

/** Lists some directories, and new directories below them in full. */
export async function walkDirectories(
  directories: readonly string[],
  { walk, known, others, exclusions, tally }: DirectoryWalkParts,
): Promise<Searched> {
  const gone: string[] = [];
  const listed: string[] = [];
  const walked: string[] = [];
  /** The listed subdirectories of each directory. An origin in which case does not count also answers to other names. */
  const subdirectories = new Map<string, ReadonlySet<string>>();
  const leaveUnlisted = (path: string, error: unknown) => {
    if (!(error instanceof OriginRefused) || path === "") throw error;
    tally.unlisted.push({ path, reason: messageOf(error) });
  };
  for (const directory of withoutRepeats(directories)) {
    if (walked.some((above) => isAtOrBelow(directory, above))) continue;
    if (isMissedAbove(directory, subdirectories)) continue;
    if (exclusions.has(directory)) {
      gone.push(directory);
      continue;
    }
    const met = new Set<string>();
    try {
      await walk.list({ directory, recursive: false, onDirectory: (path) => met.add(path) });
    } catch (error) {
      if (error instanceof OriginNotFound) gone.push(directory);
      else leaveUnlisted(directory, error);
      continue;
    }
    listed.push(directory);
    subdirectories.set(directory, met);
    const before = new Set([
      ...known.subdirectories(directory),
      ...others?.subdirectories(directory) ?? [],
    ]);
    for (const path of met) {
      if (before.has(path)) continue;
      walked.push(path);
      try {
        await walk.list({ directory: path });
      } catch (error) {
        // Otherwise the directory has gone again since its parent was listed.
        if (!(error instanceof OriginNotFound)) leaveUnlisted(path, error);
      }
    }
    for (const path of before) if (!met.has(path)) gone.push(path);
  }
  return { listed, whole: outermost(gone) };
}

/** The directories in the order of a walk, each once. */
function withoutRepeats(directories: readonly string[]): string[] {
  return [...new Set(directories)].sort(compareWalkOrder);
}

/** Whether a listing lacks the directory, or one of the directories that contain it. */
function isMissedAbove(
  directory: string,
  subdirectories: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  for (let at = directory; at !== ""; at = directoryOf(at)) {
    if (subdirectories.get(directoryOf(at))?.has(at) === false) return true;
  }
  return false;
}

/** The directories without those that lie below another one. */
function outermost(directories: readonly string[]): string[] {
  const all = withoutRepeats(directories);
  return all.filter((path) => !all.some((other) => other !== path && isAtOrBelow(path, other)));
}
