/** A directory in memory whose row is written later. */
export interface TouchedDirectory<Self> {
  readonly parent: Self | undefined;
  mtime_s: number;
  mtime_ns: number;
  /** To be written; its time moved. */
  touched: boolean;
  raised: boolean;
}

/** Directories that changed since they were last written. */
export class TouchedDirectories<D extends TouchedDirectory<D>> {
  #touched: D[] = [];

  touch(directory: D): void {
    if (directory.touched) return;
    directory.touched = true;
    this.#touched.push(directory);
  }

  /**
   * Moves the time of a directory up to at least this one, and so that of every directory above: none is ever
   * older than what it holds, and none goes back while it exists.
   */
  raise(directory: D, mtime_s: number, mtime_ns: number): void {
    for (let at: D | undefined = directory; at !== undefined; at = at.parent) {
      if (at.mtime_s > mtime_s || (at.mtime_s === mtime_s && at.mtime_ns >= mtime_ns)) return;
      at.mtime_s = mtime_s;
      at.mtime_ns = mtime_ns;
      at.raised = true;
      this.touch(at);
    }
  }

  /** Hands each directory that still exists to `write`; returns those of them whose time moved. */
  flush(exists: (directory: D) => boolean, write: (directory: D) => void): D[] {
    const raised: D[] = [];
    for (const directory of this.#touched) {
      if (!exists(directory)) continue;
      write(directory);
      if (directory.raised) raised.push(directory);
      directory.touched = directory.raised = false;
    }
    this.#touched = [];
    return raised;
  }

  /** Writes nothing of what changed: it is void. */
  forget(): void {
    this.#touched = [];
  }
}
