import type { ContentVersion, FileId } from "../../src/base/mod.ts";
import { currentFile, inodeOf, openCurrent, type OpenDatabase } from "../core/database.ts";
import { SteadyView } from "./_steady_view.ts";
import type { StoredPart } from "../tree/tree_types.ts";
import { StoredParts } from "./_stored_parts.ts";
import { CACHE_FILE } from "../cache/cache_file.ts";

interface Opened extends OpenDatabase {
  readonly view: SteadyView;
  readonly parts: StoredParts;
}

/**
 * Tells a mount which parts of files are stored, as it was committed at the first query since the event loop last
 * turned. The first query opens the file, and so does each query while there is none.
 */
export class StoredReader {
  readonly #directory: string;
  #opened: Opened | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Whether there is a file to query. */
  get isOpen(): boolean {
    return this.#open() !== undefined;
  }

  /** As {@link TreeReader.storedParts}; none while there is no file. Throws SQLite's error when the file is damaged. */
  parts(
    file: FileId,
    version: ContentVersion,
    from: number,
    to: number,
    limit: number,
  ): StoredPart[] {
    const opened = this.#open();
    if (opened === undefined) return [];
    try {
      opened.view.hold();
      return opened.parts.get(file, version, from, to, limit);
    } catch (error) {
      // A connection to a disk that was full or away may stay dead after the disk works again.
      this.close();
      throw error;
    }
  }

  /** Closes the file when another one serves, or with `always` in any case; the next query opens the serving one. */
  reopen(always: boolean = false): void {
    if (this.#opened !== undefined && (always || !this.#isThere(this.#opened))) this.close();
  }

  close(): void {
    this.#opened?.db.close();
    this.#opened = undefined;
  }

  #isThere({ name, inode }: Opened): boolean {
    return currentFile(this.#directory, CACHE_FILE) === name &&
      inodeOf(`${this.#directory}/${name}`) === inode;
  }

  #open(): Opened | undefined {
    if (this.#opened !== undefined) return this.#opened;
    const current = openCurrent(this.#directory, CACHE_FILE);
    if (current === undefined) return undefined;
    const { db } = current;
    return this.#opened = { ...current, view: new SteadyView(db), parts: new StoredParts(db) };
  }
}
