import { bytesFromString, stringFromBytes } from "../../base/mod.ts";
import {
  bytesOfBinary,
  ENTRY,
  errorText,
  FileStatus,
  type RawEntry,
  readDirectory,
} from "../../posix/directory.ts";
import {
  type BeneathOptions,
  closeFile,
  isMountedDirectory,
  keptNumbers,
  O_DIRECTORY,
  O_RDONLY,
  openBelow,
  permittedMode,
} from "../../posix/mod.ts";
import { isEmptyMountPoint } from "./mount_point.ts";
import { type ListOptions, type OriginEntry, OriginUnreachable } from "../origin.ts";
import { compareWalkOrder, mayHoldAfter } from "../walk_order.ts";
import { ABSENT, fileEntry, unlisted, unlistedDirectory } from "./_entries.ts";
import { joined, Links } from "./_links.ts";
import type { LinkTarget } from "./link_target.ts";

/** How many entries one batch has: a directory of any width is handed over in parts. */
const BATCH_ENTRIES = 1024;
/** A directory with at most this many entries has their inodes side by side: when one is in memory, all are. */
const SIDE_BY_SIDE_ENTRIES = 16;
const LISTED = O_RDONLY | O_DIRECTORY;

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
  readonly #links: Links;
  readonly #pending: PendingDirectory[];

  constructor(root: string, options: ListOptions & BeneathOptions) {
    this.#root = root;
    this.#rootBytes = bytesFromString(root);
    this.#options = options;
    this.#links = new Links(root, options);
    const path = options.directory ?? "";
    this.#pending = [{ path, throughLink: false, parent: undefined }];
  }

  /**
   * An open directory, and names in it (binary strings) that are looked at next. Set while the caller holds an empty batch, so that it
   * can wake the disk for them.
   */
  ahead: readonly [directory: number, names: readonly string[]] | undefined;

  /**
   * The link that is looked at next. Set while the caller holds an empty batch. The link may lead to a server, or to a
   * disk that does not answer: when the caller has set `target`, the walk does not look there.
   */
  link: { readonly path: string; target: LinkTarget | undefined } | undefined;

  /** The path of the next directory; undefined when there is none. */
  get upcoming(): string | undefined {
    return this.#pending.at(-1)?.path;
  }

  /** Leaves out the next directory, with everything below it. */
  skip(): void {
    this.#pending.pop();
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
        ? this.#links.realOf(fd, directory.path)
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
        const errno = type === ENTRY.link ? 0 : this.#status.ofEntry(fd, raw, false);
        if (type === ENTRY.link || errno === 0 && this.#status.isLink) {
          const link = this.link = { path, target: undefined as LinkTarget | undefined };
          yield [];
          this.link = undefined;
          const { entry, isDirectory, real } = link.target ??
            this.#links.targetIn(fd, raw, path, realOf(name));
          if (isDirectory) below.push({ path, throughLink: true, real, parent: self });
          if (entry?.kind === "unlisted" || entry !== undefined && isWanted) batch.push(entry);
        } else if (errno !== 0) {
          // The name says nothing: an entry that can't be looked at may be a directory with music in it.
          if (!ABSENT.has(errno)) batch.push(unlisted(path, errno));
        } else if (this.#status.isDirectory) {
          below.push({ path, throughLink: false, real: realOf(name), parent: self });
        } else if (this.#status.isFile && isWanted) {
          const entry = fileEntry(path, this.#status, kept, realOf(name));
          entry.mode = options.modeOf?.(directory.path, name, entry) ??
            permittedMode(entry.mode, fd, raw);
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
 * The names by which to judge whether a directory's entries are in memory: the middle one, and of many entries the
 * first and the last as well.
 */
function fewOf(entries: readonly RawEntry[]): string[] {
  const last = entries.length - 1;
  if (last < 0) return [];
  const middle = entries[(last + 1) >> 1]!.name;
  return last < SIDE_BY_SIDE_ENTRIES ? [middle] : [entries[0]!.name, middle, entries[last]!.name];
}

// deno-lint-ignore no-control-regex
const ASCII = /^[\x00-\x7f]*$/;

function stringOfBinary(raw: string): string {
  return ASCII.test(raw) ? raw : stringFromBytes(bytesOfBinary(raw));
}
