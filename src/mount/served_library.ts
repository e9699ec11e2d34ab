import type { CachePlaces } from "../../projections/read/cache_queries.ts";
import { LibraryReader } from "../../projections/read/library_reader.ts";
import { StoredReader } from "../../projections/read/stored_reader.ts";
import { formatCount, type Logger, messageOf } from "../base/mod.ts";
import type { LibraryFileSystem } from "../vfs/mod.ts";
import { GuardedTree } from "./guarded_tree.ts";
import { UnbuiltTree } from "./unbuilt_tree.ts";

export interface ServedLibraryOptions {
  readonly places: CachePlaces & { readonly cache: string };
  readonly logger: Logger;
  /** Called, at most every few seconds, when the library can't be read. */
  readonly onFault: (message: string) => void;
}

/** The committed library, and the file system that is told of every change to it. */
export class ServedLibrary {
  readonly tree: GuardedTree;
  readonly #options: ServedLibraryOptions;
  readonly #stored: StoredReader;
  #reader: LibraryReader | undefined;
  #files: LibraryFileSystem | undefined;
  #told: Promise<void> = Promise.resolve();

  constructor(options: ServedLibraryOptions) {
    this.#options = options;
    this.#stored = new StoredReader(options.places.cache);
    this.tree = new GuardedTree(new UnbuiltTree(), options.onFault);
  }

  get directory(): string {
    return this.#options.places.library;
  }

  get isOpen(): boolean {
    return this.#reader !== undefined;
  }

  /**
   * Opens the library unless it is open; false when there is none that this program can read. `committed()` opens one
   * that is built later.
   */
  open(): boolean {
    if (this.#reader !== undefined) return true;
    this.#reader = LibraryReader.open(this.#options.places.library, this.#stored);
    if (this.#reader === undefined) return false;
    this.tree.serve(this.#reader);
    return true;
  }

  /** Sets the file system that is told of changes from now on. */
  connect(files: LibraryFileSystem): void {
    this.#files = files;
  }

  /** Resolves once the kernel has forgotten everything that the rows committed so far made outdated. */
  get told(): Promise<void> {
    return this.#told;
  }

  /** Whether the open library file is still the one at its path; true before there is a library. */
  isThere(): boolean {
    return this.#reader?.isThere() ?? true;
  }

  /**
   * To be called when rows were committed: opens another library file when that one serves now, and has the kernel
   * forget what changed. With `always` the file is opened anew though it is the same.
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
    this.#stored.reopen(always);
    const isAnother = isFirst || this.#reader!.reopen(always);
    const told = isAnother ? files.replaceTree(this.tree) : files.treeChanged();
    this.#told = told.catch((error) => {
      logger.error(`Cannot follow the library: ${messageOf(error)}`);
    });
  }

  close(): void {
    this.#reader?.close();
    this.#stored.close();
  }
}
