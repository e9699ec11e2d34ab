import { bytesFromString, stringFromBytes } from "../../base/mod.ts";
import {
  bytesOfBinary,
  ENTRY,
  errorText,
  FileStatus,
  type RawEntry,
  readDirectory,
  UNANSWERED,
} from "../../posix/directory.ts";
import {
  type BeneathOptions,
  closeFile,
  ERRNO,
  isMountedDirectory,
  keptNumbers,
  LEADS_OUT,
  O_DIRECTORY,
  O_PATH,
  O_RDONLY,
  openBelow,
  permittedMode,
  placeBelow,
  PosixError,
} from "../../posix/mod.ts";
import { isEmptyMountPoint } from "./mount_point.ts";
import {
  type ListOptions,
  type OriginEntry,
  type OriginFile,
  OriginUnreachable,
} from "../origin.ts";
import { compareWalkOrder, mayHoldAfter } from "../walk_order.ts";

/** How many entries one batch has: a directory of any width is handed over in parts. */
const BATCH_ENTRIES = 1024;
/** A directory with at most this many entries has their inodes side by side: when one is in memory, all are. */
const SIDE_BY_SIDE_ENTRIES = 16;
const LISTED = O_RDONLY | O_DIRECTORY;

/** Errors of looking at an entry that mean that nothing is there, or no longer, or that a link leads nowhere. */
const ABSENT: ReadonlySet<number> = new Set([ERRNO.ENOENT, ERRNO.ENOTDIR, ERRNO.ELOOP]);

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A directory on the way from the root, kept to detect loops of links. */
interface Ancestor {
  readonly identity: string;
  readonly parent: Ancestor | undefined;
}

interface PendingDirectory {
  readonly path: string;
  readonly throughLink: boolean;
  /** The real path of the directory in the root, when a link led to it from elsewhere in the root. */
  readonly real?: string | undefined;
  readonly parent: Ancestor | undefined;
}

/** A depth-first walk over directories of this machine, synchronously and one directory at a time. */
export class LocalWalk {
  readonly #root: string;
  readonly #rootBytes: Uint8Array<ArrayBuffer>;
  readonly #options: ListOptions & BeneathOptions;
  readonly #status = new FileStatus();
  readonly #pending: PendingDirectory[];
  /** Of the link that was looked at last: the path of its target, when that lies in the root, and the target's mode. */
  #target: string | undefined;
  #targetMode: number | undefined;

  constructor(root: string, options: ListOptions & BeneathOptions) {
    this.#root = root;
    this.#rootBytes = bytesFromString(root);
    this.#options = options;
    const path = options.directory ?? "";
    this.#pending = [{ path, throughLink: false, parent: undefined }];
  }

  /**
   * An open directory, and names in it that are looked at next. Set while the caller holds an empty batch, so that it
   * can wake the disk for them.
   */
  ahead: readonly [directory: number, names: readonly Uint8Array<ArrayBuffer>[]] | undefined;

  /**
   * The link that is looked at next. Set while the caller holds an empty batch. The link may lead to a disk that does
   * not answer: when the caller has set `isLost`, the walk does not look there, and reports the path as unlisted.
   */
  link: { readonly path: string; isLost: boolean } | undefined;

  /** The path of the next directory; undefined when there is none. */
  get upcoming(): string | undefined {
    return this.#pending.at(-1)?.path;
  }

  /**
   * The entries of the next directory, in batches; undefined when there is none. `opened` is its descriptor, if the
   * caller has opened it; the walk closes it once the entries are iterated over. Throws OriginUnreachable.
   */
  next(opened?: number): Iterable<OriginEntry[]> | undefined {
    const directory = this.#pending.pop();
    return directory === undefined ? undefined : this.#list(directory, opened);
  }

  /** Lists one directory and puts its subdirectories on the stack, the first on top. */
  *#list(directory: PendingDirectory, opened?: number): Generator<OriginEntry[]> {
    const options = this.#options;
    let fd: number;
    try {
      fd = opened ??
        openBelow(
          ...[this.#rootBytes, bytesFromString(directory.path), LISTED, options] as const,
        );
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
      const real = directory.parent === undefined
        ? this.#realOf(fd, directory.path)
        : directory.real;
      const realOf = (name: string) => real === undefined ? undefined : joined(real, name);
      this.ahead = [fd, fewOf(entries)];
      yield [];
      this.ahead = undefined;
      const below: PendingDirectory[] = [];
      const kept = keptNumbers(fd);
      let batch: OriginEntry[] = [];
      for (const { name: raw, type } of entries) {
        const name = stringOfBinary(raw);
        const path = directory.path === "" ? name : `${directory.path}/${name}`;
        if (type !== ENTRY.file && options.exclusions?.has(path)) continue;
        if (type === ENTRY.directory) {
          below.push({ path, throughLink: false, real: realOf(name), parent: self });
          continue;
        }
        if (type !== ENTRY.file && type !== ENTRY.link && type !== ENTRY.unknown) continue;
        const isAfter = options.after === undefined || compareWalkOrder(path, options.after) > 0;
        const isWanted = isAfter && (options.wanted?.(name) ?? true);
        // An unwanted link is looked at all the same, since it may lead to a directory.
        if (type === ENTRY.file && (!isWanted || options.exclusions?.has(path))) continue;
        let errno = type === ENTRY.link ? 0 : this.#status.ofEntry(fd, raw, false);
        this.#target = undefined;
        this.#targetMode = undefined;
        if (type === ENTRY.link || errno === 0 && this.#status.isLink) {
          const link = this.link = { path, isLost: false };
          yield [];
          this.link = undefined;
          if (link.isLost) {
            batch.push({ kind: "unlisted", path, reason: "Where it leads does not answer" });
            continue;
          }
          errno = this.#lookThrough(path);
        }
        if (errno !== 0) {
          // The name says nothing: an entry that can't be looked at may be a directory with music in it.
          const entry = errno === ERRNO.EXDEV
            ? this.#linkOut(fd, raw, path, isWanted)
            : { kind: "unlisted", path, reason: errorText(errno) } as const;
          if (entry !== undefined && !ABSENT.has(errno)) batch.push(entry);
        } else if (this.#status.isDirectory) {
          const target = this.#target ?? realOf(name);
          below.push({ path, throughLink: type !== ENTRY.unknown, real: target, parent: self });
        } else if (this.#status.isFile && isWanted) {
          const linkTo = this.#target ?? realOf(name);
          const version = this.#status.version(kept, this.#status.mode);
          const mode = this.#targetMode ?? options.modeOf?.(path, version) ??
            permittedMode(version.mode, fd, raw);
          const entry: Writable<OriginFile> = { kind: "file", path, ...version, mode };
          if (linkTo !== undefined) entry.linkTo = linkTo;
          if (this.#status.names > 1) entry.identity = this.#status.identity;
          batch.push(entry);
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

  /** Looks at the target of a link; returns 0 or the errno. */
  #lookThrough(path: string): number {
    let fd: number;
    try {
      fd = openBelow(this.#rootBytes, bytesFromString(path), O_PATH, this.#options);
    } catch (error) {
      if (error instanceof PosixError) return error.errno;
      throw error;
    }
    try {
      this.#target = this.#realOf(fd, path);
      const errno = this.#status.ofDescriptor(fd);
      if (errno === 0) this.#targetMode = permittedMode(this.#status.mode, fd);
      return errno;
    } finally {
      closeFile(fd);
    }
  }

  /** The real path of something that was opened by a path, when that is elsewhere in the root. */
  #realOf(fd: number, path: string): string | undefined {
    const bytes = path === "" ? undefined : placeBelow(this.#rootBytes, fd);
    if (bytes === undefined) return undefined;
    const real = stringFromBytes(bytes);
    return real === path ? undefined : real === "." ? "" : real;
  }

  /**
   * The entry for a link that leads out of the origin. A wanted file is listed with the version of the link itself, and
   * can't be read. A directory is reported as unlisted, and so is a target that can't be looked at. Anything else is
   * left out.
   */
  #linkOut(
    directory: number,
    name: string,
    path: string,
    isWanted: boolean,
  ): OriginEntry | undefined {
    const status = this.#status;
    const errno = status.ofEntry(directory, name, true);
    if (ABSENT.has(errno)) return undefined;
    if (errno !== 0 || status.isDirectory) return { kind: "unlisted", path, reason: LEADS_OUT };
    if (!status.isFile || !isWanted) return undefined;
    if (status.ofEntry(directory, name, false) !== 0) return undefined;
    const { size, mtime_s, mtime_ns } = status;
    return { kind: "file", path, size, mtime_s, mtime_ns };
  }

  /** Makes the directory an ancestor of what lies below it; undefined when a link has led back to an ancestor. */
  #enter(fd: number, directory: PendingDirectory): Ancestor | undefined {
    const errno = this.#status.ofDescriptor(fd);
    if (errno !== 0) throw new OriginUnreachable(`Cannot list ${this.#root}: ${errorText(errno)}`);
    const identity = this.#status.identity;
    const { onMount } = this.#options;
    const isMounted = () => this.#status.isMountRoot ?? isMountedDirectory(fd);
    if (onMount !== undefined && isMounted()) onMount(directory.path);
    if (directory.throughLink) {
      for (let above = directory.parent; above !== undefined; above = above.parent) {
        if (above.identity === identity) return undefined;
      }
    }
    return { identity, parent: directory.parent };
  }
}

/**
 * The entry for a directory that can't be opened; undefined when the directory has vanished meanwhile. Throws
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
  const reason = error.errno === ERRNO.EXDEV ? LEADS_OUT : errorText(error.errno);
  return { kind: "unlisted", path, reason };
}

/**
 * The names by which to judge whether a directory's entries are in memory: the middle one, and of many entries the
 * first and the last as well.
 */
function fewOf(entries: readonly RawEntry[]): Uint8Array<ArrayBuffer>[] {
  const few = new Set([entries[entries.length >> 1]]);
  if (entries.length > SIDE_BY_SIDE_ENTRIES) few.add(entries[0]).add(entries.at(-1));
  return [...few].flatMap((entry) => entry === undefined ? [] : bytesOfBinary(entry.name));
}

// deno-lint-ignore no-control-regex
const ASCII = /^[\x00-\x7f]*$/;

function stringOfBinary(raw: string): string {
  return ASCII.test(raw) ? raw : stringFromBytes(bytesOfBinary(raw));
}

function joined(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}
