/** A directory in memory whose row is written later. */
export interface TouchedDirectory<Self> {
  readonly parent: Self | undefined;
  mtime_s: number;
  mtime_ns: number;
  /** Set while its row waits to be written; `raised` when its time moved too. */
  touched: boolean;
  raised: boolean;
}

/** The directories that changed since they were last written. */
export class TouchedDirectories<D extends TouchedDirectory<D>> {
  #touched: D[] = [];

  touch(directory: D): void {
    if (directory.touched) return;
    directory.touched = true;
    this.#touched.push(directory);
  }

  /**
   * Raises the time of a directory to at least this time, and so that of every directory above it. No directory is ever
   * older than its contents, and the time of none goes back while it exists.
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

  /** Passes each directory that still exists to `write`. Returns those whose time moved. */
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

  /** Drops the changes without writing them: they are void. */
  forget(): void {
    this.#touched = [];
  }
}
