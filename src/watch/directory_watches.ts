import { bytesFromString, type Exclusions, stringFromBytes } from "../base/mod.ts";
import { bytesOfBinary, ENTRY, errorText, readDirectoryLater } from "../posix/directory.ts";
import {
  addWatch,
  closeFile,
  ERRNO,
  INOTIFY,
  O_DIRECTORY,
  O_PATH,
  openBeneathLater,
  openRootLater,
  PosixError,
  removeWatch,
} from "../posix/mod.ts";
import { WatchedPaths } from "./watched_paths.ts";

const encoder = new TextEncoder();

const MASK = INOTIFY.attributes | INOTIFY.closeWrite | INOTIFY.movedFrom | INOTIFY.movedTo |
  INOTIFY.create | INOTIFY.delete | INOTIFY.deleteSelf | INOTIFY.moveSelf | INOTIFY.onlyDirectory;

/** Room for the entries of a directory, or a part of them: one buffer serves a walk of all directories. */
const ENTRY_BYTES = 16 * 1024;

/** The system allows no more watches; the message says what to raise. */
export class WatchLimitReached extends Error {
  override readonly name = "WatchLimitReached";
}

/** The watched directories of one origin, by the number of their watch. Paths are relative to its root. */
export class DirectoryWatches {
  readonly #fd: number;
  readonly #root: string;
  readonly #rootBytes: Uint8Array<ArrayBuffer>;
  readonly #followLinks: boolean;
  readonly #exclusions: Exclusions;
  readonly #paths = new WatchedPaths();
  readonly #entries = new Uint8Array(ENTRY_BYTES);

  /** `followLinks`: links may lead out of the root. */
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
   * Watches a directory and all below; `onWatched` is told of each, once it is watched and before it is
   * listed, so that nothing happens in between unnoticed. One call at a time. Throws WatchLimitReached.
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

  /** Watches one directory; paths of what may be directories in it, none when it can't be or is watched already. */
  async #addOne(
    root: number,
    path: string,
    onWatched: (path: string) => void,
  ): Promise<string[]> {
    const directory = await this.#open(root, path);
    if (directory === undefined) return [];
    try {
      // By what was opened, so that a link which is swapped in does not lead anywhere else.
      const opened = encoder.encode(`/proc/self/fd/${directory}`);
      if (!this.#add(path, opened)) return [];
      onWatched(path);
      const names = await this.#subdirectories(opened);
      return names.map((name) => path === "" ? name : `${path}/${name}`)
        .filter((below) => !this.#exclusions.has(below));
    } finally {
      closeFile(directory);
    }
  }

  /** Forgets a directory and all below, which moved away or will come back under another name. */
  removeTree(path: string): void {
    for (const watch of this.#paths.removeTree(path)) removeWatch(this.#fd, watch);
  }

  /** The kernel ended the watch by itself. */
  forget(watch: number): void {
    this.#paths.remove(watch);
  }

  /** The root, for a path in it; undefined when it went away meanwhile, which is noticed elsewhere. */
  async #openRoot(path: string): Promise<number | undefined> {
    try {
      return await openRootLater(this.#rootBytes);
    } catch (error) {
      return this.#unopened(path, error);
    }
  }

  /** What a path leads to within the origin; undefined when that is no directory. */
  async #open(root: number, path: string): Promise<number | undefined> {
    const options = { followLinks: this.#followLinks };
    try {
      return await openBeneathLater(root, bytesFromString(path), O_PATH | O_DIRECTORY, options);
    } catch (error) {
      return this.#unopened(path, error);
    }
  }

  /** Without its root there is nothing to watch; anything else may be gone, or no directory. */
  #unopened(path: string, error: unknown): undefined {
    if (!(error instanceof PosixError)) throw error;
    if (path === "") throw new Error(`Cannot watch ${this.#root}: ${errorText(error.errno)}`);
    return undefined;
  }

  /** False when the directory is watched already: a link led back to it; or may not be. */
  #add(path: string, opened: Uint8Array): boolean {
    let watch: number;
    try {
      watch = addWatch(this.#fd, opened, MASK);
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

  async #subdirectories(opened: Uint8Array): Promise<string[]> {
    try {
      const entries = await readDirectoryLater(opened, this.#entries);
      return entries.filter(({ type }) =>
        type === ENTRY.directory || type === ENTRY.link || type === ENTRY.unknown
      ).map(({ name }) => stringFromBytes(bytesOfBinary(name)));
    } catch (error) {
      // Unreadable, or gone again: a scan tells the one, its parent's watch the other.
      if (error instanceof PosixError) return [];
      throw error;
    }
  }
}

function limitMessage(root: string): string {
  let now = "";
  try {
    now = ` (now ${Deno.readTextFileSync("/proc/sys/fs/inotify/max_user_watches").trim()})`;
  } catch {
    // The advice is as good without the figure.
  }
  return `Cannot watch every directory of ${root} for changes: the limit of watches is reached. ` +
    `Raise it${now} with: sysctl fs.inotify.max_user_watches=1048576. ` +
    "Until then some changes are seen by the next scan only";
}
