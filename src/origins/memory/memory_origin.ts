import { setImmediate } from "node:timers/promises";
import type { FileOwnership, FileVersion } from "../../../events/facts/files.ts";
import { attempt } from "./_attempt.ts";
import {
  type CallOptions,
  type ListOptions,
  type Origin,
  OriginChanged,
  type OriginEntry,
  OriginNotFound,
  OriginRefused,
  OriginUnreachable,
  type ReadOptions,
} from "../origin.ts";
import { isSameVersion, versionText } from "../version.ts";
import { baseNameOf, compareWalkOrder, directoryOf, isAtOrBelow } from "../walk_order.ts";

/** Bytes of one piece, about as many as a network would bring. */
const PIECE_BYTES = 64 * 1024;

export interface MemoryFile extends FileVersion, FileOwnership {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An origin made of a map, for tests. A directory exists when a file lies in it. */
export class MemoryOrigin implements Origin {
  readonly kind = "local";
  readonly id: string;
  readonly root: string;
  readonly files = new Map<string, MemoryFile>();
  /** Directories that can't be listed, with the reasons. */
  readonly unlisted = new Map<string, string>();
  /** Directories that are roots of file systems. */
  readonly mounts = new Set<string>();
  /** When set, every call fails with it as OriginUnreachable. */
  unreachable: string | undefined;
  #clock = 1_700_000_000;

  constructor(id: string, root: string = "/memory") {
    this.id = id;
    this.root = root;
  }

  /** Writes a file. Its modification time grows with every write. */
  write(path: string, bytes: Uint8Array<ArrayBuffer>): void {
    this.files.set(path, { bytes, size: bytes.length, mtime_s: this.#clock++, mtime_ns: 0 });
  }

  remove(path: string): void {
    this.files.delete(path);
  }

  /** Moves a file and keeps its version, as rename(2) does. */
  rename(from: string, to: string): void {
    const file = this.#file(from);
    this.files.delete(from);
    this.files.set(to, file);
  }

  compare(a: string, b: string): number {
    return compareWalkOrder(a, b);
  }

  async *list(options: ListOptions = {}): AsyncIterableIterator<readonly OriginEntry[]> {
    this.#check();
    const start = options.directory ?? "";
    if (start !== "" && !this.#directories().has(start)) {
      throw new OriginNotFound(`Cannot list ${start}: it does not exist`);
    }
    for (const path of this.mounts) {
      const isMet = isAtOrBelow(path, start) && (options.recursive !== false || path === start);
      if (isMet) options.onMount?.(path);
    }
    for (const [path, reason] of this.unlisted) {
      const isMet = isAtOrBelow(path, start) && (options.recursive !== false || path === start);
      if (isMet) yield [{ kind: "unlisted", path, reason }];
    }
    const paths = [...this.files.keys()].filter((path) => this.#isListed(path, start, options))
      .sort(compareWalkOrder);
    let batch: OriginEntry[] = [];
    let directory = start;
    for (const path of paths) {
      await Promise.resolve();
      options.signal?.throwIfAborted();
      this.#check();
      if (directoryOf(path) !== directory && batch.length > 0) {
        yield batch;
        batch = [];
      }
      directory = directoryOf(path);
      const file = this.files.get(path);
      if (file === undefined) continue;
      const { bytes: _, ...version } = file;
      batch.push({ kind: "file", path, ...version });
    }
    if (batch.length > 0) yield batch;
    if (options.onDirectory) {
      for (const path of this.#directories()) {
        if (options.exclusions?.has(path)) continue;
        const isBelow = path !== start && isAtOrBelow(path, start);
        if (isBelow && (options.recursive !== false || directoryOf(path) === start)) {
          options.onDirectory(path);
        }
      }
    }
    this.#check();
  }

  stat(path: string, options: CallOptions = {}): Promise<FileVersion> {
    return attempt(() => {
      options.signal?.throwIfAborted();
      this.#check();
      const { bytes: _, ...version } = this.#file(path);
      return version;
    });
  }

  async *read(
    path: string,
    offset: number,
    length: number,
    options: ReadOptions = {},
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    const { signal, version } = options;
    signal?.throwIfAborted();
    this.#check();
    const file = this.#file(path);
    if (version !== undefined && !isSameVersion(file, version)) {
      throw new OriginChanged(`Cannot read ${path}: it is ${versionText(file)} by now`);
    }
    const end = Math.min(offset + length, file.size);
    for (let at = offset; at < end; at += PIECE_BYTES) {
      await setImmediate();
      signal?.throwIfAborted();
      this.#check();
      yield file.bytes.slice(at, Math.min(at + PIECE_BYTES, end));
    }
  }

  check(options: CallOptions = {}): Promise<void> {
    return attempt(() => {
      options.signal?.throwIfAborted();
      this.#check();
    });
  }

  close(): Promise<void> {
    this.unreachable = `Cannot use ${this.root}: the origin was closed`;
    return Promise.resolve();
  }

  #isListed(path: string, start: string, options: ListOptions): boolean {
    if (start !== "" && !path.startsWith(start + "/")) return false;
    if (options.recursive === false && directoryOf(path) !== start) return false;
    if (options.after !== undefined && compareWalkOrder(path, options.after) <= 0) return false;
    if (this.#refusal(path) !== undefined || options.exclusions?.has(path)) return false;
    return options.wanted?.(baseNameOf(path)) ?? true;
  }

  /** Why the path can't be looked at; undefined when it can. */
  #refusal(path: string): string | undefined {
    for (const [directory, reason] of this.unlisted) {
      if (isAtOrBelow(path, directory)) return reason;
    }
    return undefined;
  }

  /** Every directory that has a file below it, and those that refuse to be listed. */
  #directories(): Set<string> {
    const all = new Set(this.unlisted.keys());
    for (const path of this.files.keys()) {
      for (let at = directoryOf(path); at !== "" && !all.has(at); at = directoryOf(at)) all.add(at);
    }
    return all;
  }

  #file(path: string): MemoryFile {
    const refusal = this.#refusal(path);
    if (refusal !== undefined) throw new OriginRefused(refusal);
    const file = this.files.get(path);
    if (file === undefined) throw new OriginNotFound(`Cannot find ${path}: it does not exist`);
    return file;
  }

  #check(): void {
    if (this.unreachable !== undefined) throw new OriginUnreachable(this.unreachable);
  }
}
