import type { FileVersion } from "../../events/facts/files.ts";
import { type Exclusions, isAudioName } from "../base/mod.ts";
import { isSameVersion, type ListOptions, type Origin, type OriginFile } from "../origins/mod.ts";
import type { KnownHere } from "./known_here.ts";
import { listedFiles } from "./listed_files.ts";
import type { MountPoints } from "./mount_points.ts";
import type { MusicFiles } from "./music_files.ts";
import type { OtherFiles } from "./other_files.ts";
import type { ScanTally } from "./tally.ts";
import type { UnknownFiles } from "./unknown_files.ts";

export interface OriginWalkParts {
  readonly origin: Origin;
  readonly exclusions: Exclusions;
  readonly here: KnownHere;
  readonly music: MusicFiles;
  readonly others: OtherFiles | undefined;
  readonly unknown: UnknownFiles;
  readonly mounts: MountPoints;
  readonly tally: ScanTally;
  readonly signal?: AbortSignal | undefined;
}

/** Lists an origin for a scan, and hands each file on to those who take files of its kind. */
export class OriginWalk {
  readonly #parts: OriginWalkParts;

  constructor(parts: OriginWalkParts) {
    this.#parts = parts;
  }

  /** Lists the origin, or the part that the options name. Throws the errors of {@link Origin.list}. */
  async list(options: ListOptions = {}): Promise<void> {
    const { origin, exclusions, music, others, unknown, mounts, tally, signal } = this.#parts;
    const all = {
      ...{ ...options, exclusions },
      wanted: (name: string) => unknown.isWanted(name) || others !== undefined,
      onMount: (path: string) => void mounts.met.add(path),
      modeOf: (directory: string, name: string, version: FileVersion) =>
        this.#modeOf(directory, name, version),
      ...(signal && { signal }),
    };
    for await (const files of listedFiles(origin, all, tally.unlisted)) {
      signal?.throwIfAborted();
      const tracks: OriginFile[] = [];
      const rest: OriginFile[] = [];
      for (const file of files) (isAudioName(file.path) ? tracks : rest).push(file);
      if (rest.length > 0) await others?.add(rest);
      await music.add(tracks);
    }
    signal?.throwIfAborted();
  }

  /**
   * The known mode of a file that still has the known version. An access list can't change without changing `ctime`.
   */
  #modeOf(directory: string, name: string, version: FileVersion): number | undefined {
    if (version.ctime_s === undefined) return undefined;
    const { here, others } = this.#parts;
    const known = here.files(directory).get(name) ??
      (isAudioName(name) ? undefined : others?.known(pathIn(directory, name)));
    return known?.ctime_s !== undefined && isSameVersion(known, version) ? known.mode : undefined;
  }
}

function pathIn(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}
