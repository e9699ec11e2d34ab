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

/**
 * How many stored parts the maps of all open files hold together, some 200 bytes each. A part that is dropped is
 * asked for again.
 */
const PARTS_MAX = 64 * 1024;

export interface ReadCounters {
  /** Reads that were answered from the store. */
  hits: number;
  /** Reads that had to ask the engine. */
  misses: number;
}

/** Bytes `from` to `to` (exclusive) that are not at hand. */
export interface Gap {
  from: number;
  to: number;
}

/**
 * Files that are read from the cache: stored chunks at once, and everything else through the engine. It remembers for
 * each open file what later reads will need to know, requests the bytes that they will need, and reports what was
 * read.
 */
export class CachedFiles {
  readonly counters: ReadCounters = { hits: 0, misses: 0 };
  readonly source: CacheAccess;
  readonly shared = new SharedRanges();
  readonly reports: ReadReports;
  /** How long a read waits for its bytes, in ms. */
  readonly deadlineMs: number;
  readonly #tree: () => TreeReader;
  #chunks: StoredChunks | undefined;
  /** How many parts the map of each open file holds; the file that asked last is at the end. */
  readonly #knowing = new Map<CachedFile, number>();
  #known = 0;
  /** Counts the changes after which parts may have been stored or evicted. */
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

  /** With `isSegment` nothing is fetched ahead but through {@link ahead}. */
  open(location: FileLocation, isSegment: boolean): CachedFile {
    return new CachedFile(location, isSegment, (open, ...range) => this.#ask(open, ...range));
  }

  close(open: CachedFile): void {
    open.fail(new FileSystemError("EBADF", "the file was closed"));
    this.#forget(open);
  }

  /** Fills `into` from `offset`. Returns the number of bytes, or a read that waits for them. */
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

  /** Has the missing part of bytes `from` to `to` (exclusive) fetched for later. */
  ahead(open: CachedFile, from: number, to: number): void {
    const { file, version } = open;
    const missing = open.parts.firstMissing(from, to);
    if (missing < to) this.source.ahead({ file, version, from: missing, to });
  }

  /**
   * Fills `into` from `offset` of an object in the store; the object has all of these bytes. One that is missing or
   * damaged is made again if it can be. Throws FileSystemError, EIO when it can't.
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
    if (object.again !== undefined) {
      const { again, ...made } = object;
      return new LaterRead(again(), (bytes) => this.readObject(made, offset, bytes));
    }
    this.reports.corrupt(hash, reading.reason);
    throw new FileSystemError("EIO", `Cannot read the object ${hash}: ${reading.reason}`);
  }

  /** Whether stored chunks can be read yet. */
  get isLoaded(): boolean {
    if (this.#chunks === undefined) {
      const chunks = this.source.chunks();
      if (!(chunks instanceof Promise)) this.#chunks = chunks;
    }
    return this.#chunks !== undefined;
  }

  /** Resolves once stored chunks can be read. */
  async load(): Promise<void> {
    this.#chunks ??= await this.source.chunks();
  }

  /** To be called when the library may know of other stored parts. */
  libraryChanged(): void {
    this.#generation++;
  }

  /** Copies the available bytes of `from` to `to`. Returns the gap; undefined when there is none. */
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
        // The map has a part at this position that could not be read: the gap ends with the part.
        if (next === position) next = Math.min(to, partEnd(open, position));
        gap ??= { from: position, to: next };
        gap.to = next;
      }
      position = next;
    }
    return gap;
  }

  /** Copies bytes of the part at `position`. Returns where it ends, or `position` when there is no readable part. */
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
      // The map may be outdated, and the part may have been evicted since.
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

  /** Requests bytes ahead for a sequential reader, and reports that a person listens. */
  #goesOn(open: CachedFile, from: number, to: number): void {
    const { readAhead } = open;
    const target = readAhead.read(from, to);
    if (target > 0) {
      const begin = readAhead.from;
      readAhead.advanced(target);
      this.ahead(open, begin, target);
    }
    // A program that reads large pictures before the sound does not listen yet.
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
