import type { FileId } from "../base/mod.ts";
import type { FileNumbers } from "./file_numbers.ts";
import type { KnownFiles } from "./known_files.ts";
import type { OtherFiles } from "./other_files.ts";
import type { ScanTally } from "./tally.ts";
import type { Searched } from "./walk_directories.ts";

export interface MissingFilesParts {
  readonly known: KnownFiles;
  readonly numbers: FileNumbers;
  readonly others: OtherFiles | undefined;
  readonly tally: ScanTally;
  /** How many files were live when the scan began. */
  readonly liveCount: number;
}

/** A known file that the scan has not met. */
export interface MissingFile {
  readonly file: FileId;
  readonly path: string;
}

/** The known files that a scan has not met where it has looked, except those that the origin could not list. */
export class MissingFiles {
  readonly #parts: MissingFilesParts;
  readonly #searched: Searched;

  constructor(parts: MissingFilesParts, searched: Searched) {
    this.#parts = parts;
    this.#searched = searched;
  }

  *music(): Iterable<MissingFile> {
    const { known, numbers, liveCount } = this.#parts;
    if (numbers.livePresent === liveCount) return;
    const { listed, whole } = this.#searched;
    for (const directory of listed) {
      for (const { file, name } of known.inDirectory(directory)) {
        const path = directory === "" ? name : `${directory}/${name}`;
        if (this.#isMissing(file, path)) yield { file, path };
      }
    }
    for (const directory of whole) {
      for (const { file, path } of known.below(directory)) {
        if (this.#isMissing(file, path)) yield { file, path };
      }
    }
  }

  *others(): Iterable<MissingFile> {
    const { others, tally } = this.#parts;
    if (others === undefined) return;
    const { listed, whole } = this.#searched;
    const missing = [
      ...listed.map((directory) => others.missing(directory, false)),
      ...whole.map((directory) => others.missing(directory, true)),
    ];
    for (const files of missing) {
      for (const it of files) if (!tally.isHidden(it.path)) yield it;
    }
  }

  get hasMusic(): boolean {
    for (const _ of this.music()) return true;
    return false;
  }

  #isMissing(file: FileId, path: string): boolean {
    const { numbers, tally } = this.#parts;
    return !numbers.isPresent(file) && !tally.isHidden(path);
  }
}
