import { LibraryReader } from "../../projections/mod.ts";
import { formatCount, type Logger, messageOf } from "../base/mod.ts";
import type { LibraryFileSystem } from "../vfs/mod.ts";
import { GuardedTree } from "./guarded_tree.ts";
import { UnbuiltTree } from "./unbuilt_tree.ts";

export interface ServedLibraryOptions {
  readonly directory: string;
  readonly logger: Logger;
  /** Told once in a while that the library can't be read. */
  readonly onFault: (message: string) => void;
}

/** The library as it is committed, and a file system over it that is told when it has changed. */
export class ServedLibrary {
  readonly tree: GuardedTree;
  readonly #options: ServedLibraryOptions;
  #reader: LibraryReader | undefined;
  #files: LibraryFileSystem | undefined;
  #told: Promise<void> = Promise.resolve();

  constructor(options: ServedLibraryOptions) {
    this.#options = options;
    this.tree = new GuardedTree(new UnbuiltTree(), options.onFault);
  }

  get directory(): string {
    return this.#options.directory;
  }

  get isOpen(): boolean {
    return this.#reader !== undefined;
  }

  /** Whether there is a library that this program can read; one that is built later is taken when it is there. */
  open(): boolean {
    if (this.#reader !== undefined) return true;
    this.#reader = LibraryReader.open(this.#options.directory);
    if (this.#reader === undefined) return false;
    this.tree.serve(this.#reader);
    return true;
  }

  /** From now on these files are told of changes. */
  connect(files: LibraryFileSystem): void {
    this.#files = files;
  }

  /** Resolves when the kernel has forgotten what the rows committed so far made untrue. */
  get told(): Promise<void> {
    return this.#told;
  }

  /** Whether what is read is what others find; true before there is a library. */
  isThere(): boolean {
    return this.#reader?.isThere() ?? true;
  }

  /**
   * Rows were committed: another file may serve, the kernel may have to forget something. With `always` the file is opened
   * anew though it is the same.
   */
  committed(always: boolean = false): void {
    const files = this.#files;
    if (files === undefined) return;
    const isFirst = this.#reader === undefined;
    if (!this.open()) return;
    const { logger } = this.#options;
    if (isFirst) {
      logger.info(`the library is there: ${formatCount(this.tree.totals().tracks)} tracks`);
    }
    const isAnother = isFirst || this.#reader!.reopen(always);
    const told = isAnother ? files.replaceTree(this.tree) : files.treeChanged();
    this.#told = told.catch((error) => {
      logger.error(`Cannot follow the library: ${messageOf(error)}`);
    });
  }

  close(): void {
    this.#reader?.close();
  }
}
