import type { FileNumbers } from "./file_numbers.ts";
import type { FormerFile, KnownFile, KnownFiles } from "./known_files.ts";

/**
 * The known files of the directory that a scan has come to, by name. They are asked for once, although a wide directory
 * comes in several batches.
 */
export class KnownHere {
  readonly #known: KnownFiles;
  readonly #numbers: FileNumbers;
  /** Whether nothing was ever known of the origin, so that no question is needed. */
  readonly #isFirst: boolean;
  #directory: string | undefined;
  #files: ReadonlyMap<string, KnownFile> = new Map();
  #formerDirectory: string | undefined;
  #formerFiles: ReadonlyMap<string, readonly FormerFile[]> = new Map();

  constructor(known: KnownFiles, numbers: FileNumbers, isFirst: boolean) {
    this.#known = known;
    this.#numbers = numbers;
    this.#isFirst = isFirst;
  }

  /** The files that are not removed, without those whose number went to another path. */
  files(directory: string): ReadonlyMap<string, KnownFile> {
    if (this.#isFirst || directory === this.#directory) return this.#files;
    this.#directory = directory;
    const files = new Map<string, KnownFile>();
    for (const known of this.#known.inDirectory(directory)) {
      if (!this.#numbers.isTaken(known.file)) files.set(known.name, known);
    }
    return this.#files = files;
  }

  /** See {@link KnownFiles.formerlyIn}. */
  formerFiles(directory: string): ReadonlyMap<string, readonly FormerFile[]> {
    if (this.#isFirst || directory === this.#formerDirectory) return this.#formerFiles;
    this.#formerDirectory = directory;
    this.#formerFiles = Map.groupBy(this.#known.formerlyIn(directory), ({ name }) => name);
    return this.#formerFiles;
  }
}
