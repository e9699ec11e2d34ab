import { bytesFromString, stringFromBytes } from "../base/mod.ts";
import {
  bytesOfBinary,
  ENTRY,
  errorText,
  FileStatus,
  openDirectory,
  type RawEntry,
  readDirectory,
  UNANSWERED,
} from "../posix/directory.ts";
import { closeFile, ERRNO, PosixError } from "../posix/mod.ts";
import { isEmptyMountPoint } from "./_mount_point.ts";
import { type ListOptions, type OriginEntry, OriginUnreachable } from "./origin.ts";
import { compareWalkOrder, mayHoldAfter } from "./walk_order.ts";

/** Entries in one batch: a directory of any width is handed over in parts of this many. */
const BATCH_ENTRIES = 1024;

/** A directory on the way from the root, for telling a loop of links. */
interface Ancestor {
  readonly identity: string;
  readonly parent: Ancestor | undefined;
}

interface PendingDirectory {
  readonly path: string;
  readonly throughLink: boolean;
  readonly parent: Ancestor | undefined;
}

/** A walk in depth over directories of this machine, one directory at a time and synchronous. */
export class LocalWalk {
  readonly #root: string;
  readonly #options: ListOptions;
  readonly #status = new FileStatus();
  readonly #pending: PendingDirectory[];

  constructor(root: string, options: ListOptions) {
    this.#root = root;
    this.#options = options;
    const path = options.directory ?? "";
    this.#pending = [{ path, throughLink: false, parent: undefined }];
  }

  /** Entries of the next directory, in batches; undefined when that was the last. Throws OriginUnreachable. */
  next(): Iterable<OriginEntry[]> | undefined {
    const directory = this.#pending.pop();
    return directory === undefined ? undefined : this.#list(directory);
  }

  /** Lists one directory and puts its subdirectories on the stack, the first on top. */
  *#list(directory: PendingDirectory): Generator<OriginEntry[]> {
    const options = this.#options;
    let fd: number;
    try {
      fd = openDirectory(absolutePath(this.#root, directory.path));
    } catch (error) {
      const unlisted = unlistedDirectory(this.#root, directory.path, error);
      if (unlisted !== undefined) yield [unlisted];
      return;
    }
    try {
      const self = this.#enter(fd, directory);
      if (self === undefined) return;
      let entries: RawEntry[];
      try {
        entries = readDirectory(fd).sort((a, b) => a.name < b.name ? -1 : 1);
      } catch (error) {
        const unlisted = unlistedDirectory(this.#root, directory.path, error);
        if (unlisted !== undefined) yield [unlisted];
        return;
      }
      if (directory.path === "" && entries.length === 0 && isEmptyMountPoint(this.#root)) {
        throw new OriginUnreachable(`Cannot list ${this.#root}: nothing is mounted there`);
      }
      const below: PendingDirectory[] = [];
      let batch: OriginEntry[] = [];
      for (const { name: raw, type } of entries) {
        const name = stringOfBinary(raw);
        const path = directory.path === "" ? name : `${directory.path}/${name}`;
        if (type === ENTRY.directory) {
          below.push({ path, throughLink: false, parent: self });
          continue;
        }
        if (type !== ENTRY.file && type !== ENTRY.link && type !== ENTRY.unknown) continue;
        const isAfter = options.after === undefined || compareWalkOrder(path, options.after) > 0;
        const isWanted = isAfter && (options.wanted?.(name) ?? true);
        if (type === ENTRY.file && !isWanted) continue;
        const errno = this.#status.ofEntry(fd, raw, true);
        if (errno !== 0) {
          // Its name says nothing: what can't be looked at may be a directory with music in it.
          if (errno !== ERRNO.ENOENT && errno !== ERRNO.ENOTDIR && errno !== ERRNO.ELOOP) {
            batch.push({ kind: "unlisted", path, reason: errorText(errno) });
          }
        } else if (this.#status.isDirectory) {
          below.push({ path, throughLink: type !== ENTRY.unknown, parent: self });
        } else if (this.#status.isFile && isWanted) {
          const { size, mtime_s, mtime_ns } = this.#status;
          batch.push({ kind: "file", path, size, mtime_s, mtime_ns });
        }
        if (batch.length === BATCH_ENTRIES) {
          yield batch;
          batch = [];
        }
      }
      if (options.onDirectory) { for (const { path } of below) options.onDirectory(path); }
      if (options.recursive ?? true) {
        for (const next of below.reverse()) {
          if (mayHoldAfter(next.path, options.after)) this.#pending.push(next);
        }
      }
      yield batch;
    } finally {
      closeFile(fd);
    }
  }

  /** The directory as an ancestor of what lies below it; undefined when a link led back to one above. */
  #enter(fd: number, directory: PendingDirectory): Ancestor | undefined {
    const errno = this.#status.ofDescriptor(fd);
    if (errno !== 0) throw new OriginUnreachable(`Cannot list ${this.#root}: ${errorText(errno)}`);
    const identity = this.#status.identity;
    if (directory.throughLink) {
      for (let above = directory.parent; above !== undefined; above = above.parent) {
        if (above.identity === identity) return undefined;
      }
    }
    return { identity, parent: directory.parent };
  }
}

/**
 * What a directory that cannot be opened means for the walk; undefined when it vanished meanwhile. Throws
 * OriginUnreachable when nothing can be listed any more.
 */
export function unlistedDirectory(
  root: string,
  path: string,
  error: unknown,
): OriginEntry | undefined {
  if (!(error instanceof PosixError)) throw error;
  if (path === "" || UNANSWERED.has(error.errno)) {
    throw new OriginUnreachable(`Cannot list ${root}: ${errorText(error.errno)}`);
  }
  if (error.errno === ERRNO.ENOENT || error.errno === ERRNO.ENOTDIR) return undefined;
  return { kind: "unlisted", path, reason: errorText(error.errno) };
}

/** Bytes of the path of what lies in a root. */
export function absolutePath(root: string, path: string): Uint8Array<ArrayBuffer> {
  return bytesFromString(path === "" ? root : `${root}/${path}`);
}

// deno-lint-ignore no-control-regex
const ASCII = /^[\x00-\x7f]*$/;

function stringOfBinary(raw: string): string {
  return ASCII.test(raw) ? raw : stringFromBytes(bytesOfBinary(raw));
}
