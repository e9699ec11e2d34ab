import type { FileVersion } from "../../events/file_events.ts";
import {
  type ListOptions,
  type Origin,
  type OriginEntry,
  OriginNotFound,
  OriginUnreachable,
} from "./origin.ts";
import { compareWalkOrder, directoryOf, isAtOrBelow } from "./walk_order.ts";

export interface MemoryFile extends FileVersion {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An origin made of a map, for tests and for trying things out. Directories exist by what lies in them. */
export class MemoryOrigin implements Origin {
  readonly kind = "local";
  readonly id: string;
  readonly root: string;
  readonly files = new Map<string, MemoryFile>();
  /** Directories that refuse to be listed, with the reason. */
  readonly unlisted = new Map<string, string>();
  /** Set to make every call fail as an origin that does not answer. */
  unreachable: string | undefined;
  #clock = 1_700_000_000;

  constructor(id: string, root: string = "/memory") {
    this.id = id;
    this.root = root;
  }

  /** Puts a file there; its modification time moves on with every write. */
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

  async *list(options: ListOptions = {}): AsyncIterableIterator<readonly OriginEntry[]> {
    this.#check();
    const start = options.directory ?? "";
    if (start !== "" && !this.#directories().has(start)) {
      throw new OriginNotFound(`Cannot list ${start}: it does not exist`);
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
      const { size, mtime_s, mtime_ns } = file;
      batch.push({ kind: "file", path, size, mtime_s, mtime_ns });
    }
    if (batch.length > 0) yield batch;
    if (options.onDirectory) {
      for (const path of this.#directories()) {
        const isBelow = path !== start && isAtOrBelow(path, start);
        if (isBelow && (options.recursive !== false || directoryOf(path) === start)) {
          options.onDirectory(path);
        }
      }
    }
    this.#check();
  }

  stat(path: string): Promise<FileVersion> {
    try {
      this.#check();
      const { size, mtime_s, mtime_ns } = this.#file(path);
      return Promise.resolve({ size, mtime_s, mtime_ns });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  read(path: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    try {
      this.#check();
      return Promise.resolve(this.#file(path).bytes.slice(offset, offset + length));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #isListed(path: string, start: string, options: ListOptions): boolean {
    if (start !== "" && !path.startsWith(start + "/")) return false;
    if (options.recursive === false && directoryOf(path) !== start) return false;
    if (this.#refusal(path) !== undefined) return false;
    return options.wanted?.(path.slice(path.lastIndexOf("/") + 1)) ?? true;
  }

  /** Reason why what lies at a path can't be looked at. */
  #refusal(path: string): string | undefined {
    for (const [directory, reason] of this.unlisted) {
      if (isAtOrBelow(path, directory)) return reason;
    }
    return undefined;
  }

  /** Every directory that some file lies below, and those that refuse. */
  #directories(): Set<string> {
    const all = new Set(this.unlisted.keys());
    for (const path of this.files.keys()) {
      for (let at = directoryOf(path); at !== "" && !all.has(at); at = directoryOf(at)) all.add(at);
    }
    return all;
  }

  #file(path: string): MemoryFile {
    const refusal = this.#refusal(path);
    if (refusal !== undefined) throw new OriginUnreachable(refusal);
    const file = this.files.get(path);
    if (file === undefined) throw new OriginNotFound(`Cannot find ${path}: it does not exist`);
    return file;
  }

  #check(): void {
    if (this.unreachable !== undefined) throw new OriginUnreachable(this.unreachable);
  }
}
