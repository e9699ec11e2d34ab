import type { FileLocation, StoredPart, TreeReader } from "../../../projections/tree/tree_types.ts";
import { FileSystemError, READ_DEADLINE_MS } from "../../base/mod.ts";
import type { ObjectSegment } from "../../segments/mod.ts";
import { CachedRead } from "./cached_read.ts";
import { ReadReports } from "./read_reports.ts";
import type { CacheAccess, StoredChunks } from "../cache_access.ts";
import type { PendingRead } from "../filesystem.ts";
import { LaterRead } from "./later_read.ts";
import { CachedFile } from "./cached_file.ts";
import { SharedRanges } from "./shared_ranges.ts";

/** Stored parts that the maps of all open files hold together, some 200 bytes each. A forgotten part is asked for again. */
const PARTS_MAX = 64 * 1024;

export interface ReadCounters {
  /** Reads that were answered from the store. */
  hits: number;
  /** Reads that had to ask. */
  misses: number;
}

/** Bytes `from` to `to` (exclusive) that are not at hand. */
export interface Gap {
  from: number;
  to: number;
}

/**
 * Files that are read from the cache: from stored chunks at once, and through the engine what is not stored. Remembers for
 * each open file what the next reads will want to know, asks for what they will want to have, and tells what was
 * read.
 */
export class CachedFiles {
  readonly counters: ReadCounters = { hits: 0, misses: 0 };
  readonly source: CacheAccess;
  readonly shared = new SharedRanges();
  readonly reports: ReadReports;
  /** How long a read waits for its bytes, ms. */
  readonly deadlineMs: number;
  readonly #tree: () => TreeReader;
  #chunks: StoredChunks | undefined;
  /** How many parts the map of each open file holds; the file that asked last stands last. */
  readonly #knowing = new Map<CachedFile, number>();
  #known = 0;
  /** Counts what may have been stored or evicted since parts were asked for. */
  #generation = 0;

  constructor(
    source: CacheAccess,
    tree: () => TreeReader,
    deadlineMs: number = READ_DEADLINE_MS,
  ) {
    this.source = source;
    this.deadlineMs = deadlineMs;
    this.#tree = tree;
    this.reports = new ReadReports(source);
  }

  /** With `isSegment`, what is fetched ahead is asked for by {@link ahead} alone. */
  open(location: FileLocation, isSegment: boolean): CachedFile {
    return new CachedFile(location, isSegment, (open, ...range) => this.#ask(open, ...range));
  }

  close(open: CachedFile): void {
    open.fail(new FileSystemError("EBADF", "the file was closed"));
    this.#forget(open);
  }

  /** Fills `into` from `offset`, or a read that waits for the bytes. */
  read(
    open: CachedFile,
    offset: number,
    into: Uint8Array<ArrayBuffer>,
  ): number | PendingRead {
    const length = Math.min(into.length, open.size - offset);
    if (length <= 0) return 0;
    const to = offset + length;
    this.#goesOn(open, offset, to);
    const gap = this.isLoaded ? this.fill(open, offset, to, into) : { from: offset, to };
    if (gap === undefined) {
      this.counters.hits++;
      open.bytesRead += length;
      return length;
    }
    open.throwIfFailed(gap.from);
    open.readAhead.waits();
    return new CachedRead(this, open, offset, length, gap);
  }

  /** Has what is not stored of bytes `from` to `to` (exclusive) fetched, for later. */
  ahead(open: CachedFile, from: number, to: number): void {
    const { file, version } = open;
    const missing = open.parts.firstMissing(from, to);
    if (missing < to) this.source.ahead({ file, version, from: missing, to });
  }

  /**
   * Fills `into` with bytes of an object in the store from `offset`, all of which it has. Throws FileSystemError, EIO when
   * the object is not there or is damaged.
   */
  readObject(
    object: ObjectSegment,
    offset: number,
    into: Uint8Array<ArrayBuffer>,
  ): number | PendingRead {
    if (!this.isLoaded) {
      return new LaterRead(this.load(), (bytes) => this.readObject(object, offset, bytes));
    }
    const { hash, size } = object;
    const reading = this.#chunks!.part(hash, size, offset, offset + into.length);
    if ("bytes" in reading) {
      into.set(reading.bytes);
      return into.length;
    }
    this.reports.corrupt(hash, reading.reason);
    throw new FileSystemError("EIO", `Cannot read the object ${hash}: ${reading.reason}`);
  }

  /** Whether stored chunks can be read. */
  get isLoaded(): boolean {
    if (this.#chunks === undefined) {
      const chunks = this.source.chunks();
      if (!(chunks instanceof Promise)) this.#chunks = chunks;
    }
    return this.#chunks !== undefined;
  }

  /** Resolves when stored chunks can be read. */
  async load(): Promise<void> {
    this.#chunks ??= await this.source.chunks();
  }

  /** The library may know of other stored parts than before. */
  libraryChanged(): void {
    this.#generation++;
  }

  /** Copies what is at hand of bytes `from` to `to`; undefined when that is all. */
  fill(
    open: CachedFile,
    from: number,
    to: number,
    into: Uint8Array<ArrayBuffer>,
  ): Gap | undefined {
    const gap = this.#copy(open, from, to, into);
    if (gap === undefined || open.generation === this.#generation) return gap;
    this.#forget(open);
    open.generation = this.#generation;
    return this.#copy(open, from, to, into);
  }

  #copy(
    open: CachedFile,
    from: number,
    to: number,
    into: Uint8Array<ArrayBuffer>,
  ): Gap | undefined {
    let gap: Gap | undefined;
    for (let position = from; position < to;) {
      let next = this.#fromStore(open, position, from, to, into);
      if (next === position) next = this.#fromMemory(open, position, from, to, into);
      if (next === position) {
        next = open.parts.nextStored(position, to);
        // The map has a part at this position, and it could not be read: the gap ends where the part does.
        if (next === position) next = Math.min(to, partEnd(open, position));
        gap ??= { from: position, to: next };
        gap.to = next;
      }
      position = next;
    }
    return gap;
  }

  /** Bytes of the part at `position`; returns where it ends, or `position` when there is none to be read. */
  #fromStore(
    open: CachedFile,
    position: number,
    from: number,
    to: number,
    into: Uint8Array<ArrayBuffer>,
  ): number {
    for (let isKnownAnew = false;;) {
      const part = open.parts.at(position);
      if (part === undefined) return position;
      const start = position - part.offset;
      const end = Math.min(part.length, to - part.offset);
      const target = into.subarray(position - from, position - from + end - start);
      const isWhole = end - start === part.length;
      const reading = isWhole
        ? this.#chunks!.whole(part.hash, part.length, target)
        : this.#chunks!.part(part.hash, part.length, start, end);
      if ("bytes" in reading) {
        if (!isWhole) target.set(reading.bytes);
        this.reports.used(open.file);
        return part.offset + end;
      }
      // The map may be old, and the part evicted since it was asked for.
      if (!isKnownAnew) {
        this.#forget(open);
        isKnownAnew = true;
        if (open.parts.at(position)?.hash !== part.hash) continue;
      }
      this.reports.corrupt(part.hash, reading.reason);
      return position;
    }
  }

  #fromMemory(
    open: CachedFile,
    position: number,
    from: number,
    to: number,
    into: Uint8Array<ArrayBuffer>,
  ): number {
    for (;;) {
      const range = open.shared(position);
      if (range === undefined) return position;
      const end = Math.min(range.to, to);
      if (this.shared.read(range, position, into.subarray(position - from, end - from))) return end;
      open.unshare(range);
    }
  }

  /** Asks ahead for a reader that reads in sequence, and tells that somebody listens. */
  #goesOn(open: CachedFile, from: number, to: number): void {
    const { readAhead } = open;
    const target = readAhead.read(from, to);
    if (target > 0) {
      const begin = readAhead.from;
      readAhead.advanced(target);
      this.ahead(open, begin, target);
    }
    // A reader of large pictures in front of the sound does not listen yet.
    const heard = Math.min(readAhead.inSequence, readAhead.position - open.soundStart);
    if (heard >= open.heardAt) {
      open.heardAt = Infinity;
      this.reports.heard(open.track!);
    }
  }

  #ask(open: CachedFile, from: number, to: number, limit: number): readonly StoredPart[] {
    const parts = this.#tree().storedParts(open.file, open.version, from, to, limit);
    const known = (this.#knowing.get(open) ?? 0) + parts.length;
    this.#knowing.delete(open);
    this.#knowing.set(open, known);
    this.#known += parts.length;
    for (const oldest of this.#knowing.keys()) {
      if (this.#known <= PARTS_MAX) break;
      this.#forget(oldest);
    }
    return parts;
  }

  #forget(open: CachedFile): void {
    open.parts.forget();
    this.#known -= this.#knowing.get(open) ?? 0;
    this.#knowing.delete(open);
  }
}

function partEnd(open: CachedFile, position: number): number {
  const { offset, length } = open.parts.at(position)!;
  return offset + length;
}
