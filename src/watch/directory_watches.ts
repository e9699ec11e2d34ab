import { bytesFromString, type Exclusions, stringFromBytes } from "../base/mod.ts";
import {
  bytesOfBinary,
  ENTRY,
  errorText,
  type RawEntry,
  readEntriesLater,
} from "../posix/directory.ts";
import {
  addWatchLater,
  closeFile,
  ERRNO,
  INOTIFY,
  O_DIRECTORY,
  O_RDONLY,
  openBeneathLater,
  openRootLater,
  PosixError,
  removeWatch,
} from "../posix/mod.ts";
import { WatchedPaths } from "./watched_paths.ts";

const encoder = new TextEncoder();

const MASK = INOTIFY.attributes | INOTIFY.closeWrite | INOTIFY.movedFrom | INOTIFY.movedTo |
  INOTIFY.create | INOTIFY.delete | INOTIFY.deleteSelf | INOTIFY.moveSelf | INOTIFY.onlyDirectory;

/** Room for the entries of a directory, or some of them; one buffer serves a walk of all directories. */
const ENTRY_BYTES = 16 * 1024;

/** The system allows no more watches. The message says which limit to raise. */
export class WatchLimitReached extends Error {
  override readonly name = "WatchLimitReached";
}

/** The watched directories of one origin, by the numbers of their watches. Paths are relative to the root. */
export class DirectoryWatches {
  readonly #fd: number;
  readonly #root: string;
  readonly #rootBytes: Uint8Array<ArrayBuffer>;
  readonly #followLinks: boolean;
  readonly #exclusions: Exclusions;
  readonly #paths = new WatchedPaths();
  readonly #entries = new Uint8Array(ENTRY_BYTES);

  /** With `followLinks`, links may lead out of the root. */
  constructor(fd: number, root: string, followLinks: boolean, exclusions: Exclusions) {
    this.#fd = fd;
    this.#root = root;
    this.#rootBytes = bytesFromString(root);
    this.#followLinks = followLinks;
    this.#exclusions = exclusions;
  }

  get size(): number {
    return this.#paths.size;
  }

  path(watch: number): string | undefined {
    return this.#paths.path(watch);
  }

  /**
   * Watches a directory and everything below it. `onWatched` is called for each directory once it is watched and
   * before it is listed, so that nothing in between goes unnoticed. One call at a time. Throws WatchLimitReached.
   */
  async addTree(
    path: string,
    signal: AbortSignal,
    onWatched: (path: string) => void,
  ): Promise<void> {
    const root = await this.#openRoot(path);
    if (root === undefined) return;
    try {
      const pending = [path];
      for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
        if (signal.aborted) return;
        for (const below of await this.#addOne(root, next, onWatched)) pending.push(below);
      }
    } finally {
      closeFile(root);
    }
  }

  /**
   * Watches one directory. Resolves with the paths of entries that may be directories; none when it can't be watched
   * or is watched already.
   */
  async #addOne(
    root: number,
    path: string,
    onWatched: (path: string) => void,
  ): Promise<string[]> {
    const directory = await this.#open(root, path);
    if (directory === undefined) return [];
    try {
      // By its descriptor, so that a link that is swapped in leads nowhere else.
      const opened = encoder.encode(`/proc/self/fd/${directory}`);
      if (!await this.#add(path, opened)) return [];
      onWatched(path);
      const names = await this.#subdirectories(directory);
      return names.map((name) => path === "" ? name : `${path}/${name}`)
        .filter((below) => !this.#exclusions.has(below));
    } finally {
      closeFile(directory);
    }
  }

  /** Forgets a directory and everything below it, which moved away or will come back under another name. */
  removeTree(path: string): void {
    for (const watch of this.#paths.removeTree(path)) removeWatch(this.#fd, watch);
  }

  /** To be called when the kernel has ended the watch by itself. */
  forget(watch: number): void {
    this.#paths.remove(watch);
  }

  /** Opens the root for a path in it; undefined when the root is gone, which is noticed elsewhere. */
  async #openRoot(path: string): Promise<number | undefined> {
    try {
      return await openRootLater(this.#rootBytes);
    } catch (error) {
      return this.#unopened(path, error);
    }
  }

  /** Opens the directory that a path leads to within the origin; undefined when it is none. */
  async #open(root: number, path: string): Promise<number | undefined> {
    const options = { followLinks: this.#followLinks };
    try {
      return await openBeneathLater(root, bytesFromString(path), O_RDONLY | O_DIRECTORY, options);
    } catch (error) {
      return this.#unopened(path, error);
    }
  }

  /** Throws when the root can't be opened; any other directory may be gone, or be none. */
  #unopened(path: string, error: unknown): undefined {
    if (!(error instanceof PosixError)) throw error;
    if (path === "") throw new Error(`Cannot watch ${this.#root}: ${errorText(error.errno)}`);
    return undefined;
  }

  /** Resolves with false when the directory is watched already, because a link led back to it, or may not be watched. */
  async #add(path: string, opened: Uint8Array): Promise<boolean> {
    let watch: number;
    try {
      watch = await addWatchLater(this.#fd, opened, MASK);
    } catch (error) {
      if (!(error instanceof PosixError)) throw error;
      if (error.errno === ERRNO.ENOSPC) throw new WatchLimitReached(limitMessage(this.#root));
      if (path === "") throw new Error(`Cannot watch ${this.#root}: ${errorText(error.errno)}`);
      return false;
    }
    if (this.#paths.has(watch)) return false;
    this.#paths.add(watch, path);
    return true;
  }

  /** The names in an open directory that may be directories; none when it can't be read, which a scan reports. */
  async #subdirectories(directory: number): Promise<string[]> {
    const entries: RawEntry[] = [];
    while (await readEntriesLater(directory, this.#entries, entries, ENTRY.file) > 0);
    return entries.filter(({ type }) =>
      type === ENTRY.directory || type === ENTRY.link || type === ENTRY.unknown
    ).map(({ name }) => stringFromBytes(bytesOfBinary(name)));
  }
}

function limitMessage(root: string): string {
  let now = "";
  try {
    now = ` (now ${Deno.readTextFileSync("/proc/sys/fs/inotify/max_user_watches").trim()})`;
  } catch {
    // The advice is useful without the figure too.
  }
  return `Cannot watch every directory of ${root} for changes: the limit of watches is reached. ` +
    `Raise it${now} with: sysctl fs.inotify.max_user_watches=1048576. ` +
    "Until then some changes are seen by the next scan only";
}
