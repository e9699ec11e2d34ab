import { dirname } from "node:path/posix";
import type { CopyComparison } from "../../../events/facts/files.ts";
import type { CacheQueries, FileState, LibraryQueries } from "../../../projections/mod.ts";
import {
  type ContentVersion,
  FETCH_DEADLINE_MS,
  type FileId,
  FileSystemError,
  type Logger,
  messageOf,
} from "../../base/mod.ts";
import { OriginChanged, OriginNotFound, OriginRefused } from "../../origins/mod.ts";
import { availableMemory } from "../../posix/mod.ts";
import { type ByteRange, missingRanges } from "./byte_ranges.ts";
import { CopiesSource, type SourceOrigin } from "./copies_source.ts";
import type { Random } from "../compare/compare_copies.ts";
import { type CutRun, type Run, RUN_BYTES_MAX } from "./cutting.ts";
import type { Delivery } from "./delivery.ts";
import { type KnownBytes, samples, samplesOf } from "../compare/equal_bytes.ts";
import { Fill } from "./fill.ts";
import type { StoreKeeper } from "../keep/store_keeper.ts";
import { LINGER_BYTES_MAX, Lingering } from "./lingering.ts";
import { recognise, type Relative } from "../compare/recogniser.ts";
import { Turns } from "./turns.ts";

/**
 * Requests to an origin at a time: enough to use a connection of 50 ms latency fully, few enough that each makes
 * progress.
 */
const FETCHES_MAX = 16;
/** Most bytes in memory, all together, and the share of the memory that is free when the engine starts. */
const MEMORY_BYTES_MAX = 256 * 1024 * 1024;
const MEMORY_SHARE_MAX = 1 / 8;
/**
 * Bytes of MEMORY_BYTES_MAX that the count of bytes not yet stored leaves out: deliveries that linger, a second run
 * being cut, and one more requested range.
 */
const MEMORY_BYTES_BESIDE = LINGER_BYTES_MAX + 2 * RUN_BYTES_MAX + 32 * 1024 * 1024;
/** When memory is full, a reader waits for room at most this long: the disk to which bytes are stored may be stuck. */
const ROOM_MS = 1_000;
/** A request to fetch ahead is dropped after this long: its reader has reached the bytes by then, or is gone. */
const WAITING_MS = 3_000;
/**
 * The answer to a reader also names the memory of this many bytes after the requested ones, as far as they have
 * arrived.
 */
const SHARED_AHEAD_BYTES = 8 * 1024 * 1024;
/** Nothing is fetched on suspicion until this long after a reader's last request: the reader will want more. */
const READING_MS = 300;
/** Memory whose bytes are stored stays open this long: an answer that names the memory may be on its way. */
const STORED_MS = 3_000;
/** Memory whose bytes can't be stored stays open this long: its reader may be about to open it. */
const UNSTORED_MS = 60_000;
/** How often the fills of files with no bytes on their way are forgotten. */
const SWEEP_MS = 5_000;
/** Limit of a query for all parts of a file. */
const PARTS_MAX = 1_000_000;
/** A changed file, of which bytes are stored, is fetched unasked when at most this many bytes are missing. */
const REMAINDER_BYTES_MAX = 1024 * 1024;

/** Bytes of one version of a file. */
export interface WantedRange extends ByteRange {
  readonly file: FileId;
  readonly version: ContentVersion;
}

/** The result of fetching a whole file, in bytes: `fetched` were not stored before; `missing` could not be stored. */
export interface Completion {
  readonly fetched: number;
  readonly missing: number;
}

export interface FetcherParts {
  readonly queries: () => LibraryQueries;
  readonly content: () => CacheQueries;
  readonly keeper: StoreKeeper;
  readonly cut: (run: Run) => Promise<CutRun>;
  readonly origin: (id: string) => SourceOrigin | undefined;
  /** Called when a directory of an origin holds something else than the log says. */
  readonly onDrift: (origin: string, directory: string) => void;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Draws the places at which bytes are compared. */
  readonly random: Random;
  /** Called when bytes of another version or copy were taken over, which have to be compared with the file. */
  readonly onAdopted: () => void;
  /** Called when a copy was found not to hold the bytes of a file, though the log says that it does. */
  readonly onUnlike: (comparison: CopyComparison) => void;
  /** Most bytes in memory that are not stored yet; derived from this machine's memory when absent. */
  readonly memoryMax?: number;
}

/**
 * Fetches bytes of files that are not on this machine, or no longer are, hands them to readers, and has them stored.
 */
export class Fetcher {
  readonly #parts: FetcherParts;
  /** By the origin of the wanted files: a slow origin delays only requests to itself. */
  readonly #turns = new Map<string, Turns>();
  readonly #source: CopiesSource;
  readonly #fills = new Map<string, Promise<Fill>>();
  readonly #sweep: ReturnType<typeof setInterval>;
  readonly #lingering = new Lingering(STORED_MS);
  readonly #unstored = new Lingering(UNSTORED_MS);
  readonly #memoryMax: number;
  /** Bytes in memory that are not stored. */
  #memory = 0;
  /** Resolves the wait of each reader that waits for memory. */
  readonly #roomless = new Set<() => void>();
  /**
   * Ranges that are to be fetched ahead and wait for memory: the newest request for each file, and when it was made.
   */
  readonly #waiting = new Map<number, { readonly range: WantedRange; readonly since: number }>();
  /** When a reader last asked for bytes, in ms of `performance.now`. */
  #askedAt = -Infinity;

  constructor(parts: FetcherParts) {
    this.#parts = parts;
    this.#memoryMax = parts.memoryMax ??
      Math.min(MEMORY_BYTES_MAX - MEMORY_BYTES_BESIDE, MEMORY_SHARE_MAX * availableMemory());
    this.#source = new CopiesSource({
      origin: parts.origin,
      equals: (file) =>
        parts.queries().copies(file.track)
          .filter((copy) => parts.queries().likeness(file.file, copy.file) === "bytes"),
      known: (file) => this.#knownBytes(file),
      onDrift: ({ origin, path }) => {
        const directory = dirname(path);
        parts.onDrift(origin, directory === "." ? "" : directory);
      },
      onUnlike: (file, copy, ranges) =>
        parts.onUnlike({
          ...{ file: file.file, version: file.content },
          ...{ other: copy.file, other_version: copy.content },
          ...{ ranges, shift: 0, alike: "nothing" },
        }),
    });
    this.#sweep = setInterval(() => this.#forgetIdle(), SWEEP_MS);
  }

  /**
   * Resolves when the range is stored or in memory, with the deliveries whose memory holds bytes of it. Rejects with
   * FileSystemError: ESTALE when the file has another version by now, EACCES when the origin refuses the file, EIO for
   * any other failure, and after FETCH_DEADLINE_MS.
   */
  fetch({ file, version, from, to }: WantedRange): Promise<Delivery[]> {
    return this.#inTime(() => this.#fetch(file, version, { from, to }));
  }

  /** All bytes of a range, from the store and the origins; nothing is stored for it. Rejects as {@link fetch}. */
  bytes({ file, version, from, to }: WantedRange): Promise<Uint8Array<ArrayBuffer>> {
    return this.#inTime(async (signal) => {
      const state = this.#current(file, version);
      const bytes = new Uint8Array(to - from);
      let at = from;
      for (const part of this.#parts.content().storedParts(file, version, from, to, PARTS_MAX)) {
        const stored = part.offset > at ? undefined : this.#parts.keeper.bytes(part);
        if (stored === undefined) break;
        const piece = stored.subarray(at - part.offset, to - part.offset);
        bytes.set(piece, at - from);
        at += piece.length;
      }
      if (at === to) return bytes;
      for await (
        const piece of this.#source.read(state, { from: at, to }, { isBackground: false, signal })
      ) {
        bytes.set(piece.bytes, at - from);
        at += piece.bytes.length;
      }
      return bytes;
    });
  }

  /** Rejects with FileSystemError: for any failure, and after FETCH_DEADLINE_MS, when the signal is aborted too. */
  async #inTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const unwanted = new AbortController();
    const deadline = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      deadline.reject(new FileSystemError("EIO", `No answer in ${FETCH_DEADLINE_MS} ms`));
    }, FETCH_DEADLINE_MS);
    try {
      const signal = AbortSignal.any([this.#parts.signal, unwanted.signal]);
      return await Promise.race([work(signal), deadline.promise]);
    } catch (error) {
      throw asFileSystemError(error);
    } finally {
      clearTimeout(timer);
      unwanted.abort();
      deadline.promise.catch(() => {});
    }
  }

  /** Begins to fetch the range for a reader that will reach it, as soon as there is memory for it. */
  async ahead(range: WantedRange): Promise<void> {
    this.#askedAt = performance.now();
    if (this.#memory < this.#memoryMax) await this.#beginAhead(range);
    else this.#waiting.set(range.file, { range, since: this.#askedAt });
  }

  async #beginAhead({ file, version, from, to }: WantedRange): Promise<void> {
    const fill = await this.#fill(file, version).catch(() => undefined);
    if (fill === undefined) return;
    const wanted = { from, to: Math.min(to, fill.of.size) };
    for (const range of [wanted, ...fill.gapsBeside(wanted)]) fill.begin(range, false);
  }

  /**
   * Fetches the bytes of a file that are not stored, piece by piece. `onPiece` is called with the bytes of each piece
   * that is at hand, and awaited. Rejects with the reason when bytes can't be fetched, and with FileSystemError
   * (ESTALE) when the file changes meanwhile.
   */
  async complete(
    file: FileId,
    pieceBytes: number,
    signal: AbortSignal,
    onPiece: (bytes: number) => void | Promise<void> = () => {},
  ): Promise<Completion> {
    const state = this.#parts.queries().file(file);
    if (state === undefined || state.removed) return { fetched: 0, missing: 0 };
    const { content, keeper } = this.#parts;
    await keeper.miss(content().storedParts(file, state.content, 0, state.size, PARTS_MAX));
    let fill = await this.#fill(file, state.content);
    let fetched = 0;
    for (let from = 0; from < state.size; from += pieceBytes) {
      signal.throwIfAborted();
      const range = { from, to: Math.min(from + pieceBytes, state.size) };
      const missing = bytesOf(missingRanges(range, this.#stored(state, range)));
      if (missing > 0) {
        fetched += missing;
        while (this.#memory >= this.#memoryMax) {
          await this.#room();
          signal.throwIfAborted();
        }
        // Between two pieces the fill may have been forgotten, and a reader may have begun another one.
        fill = await this.#fill(file, state.content);
        fill.begin(range, false);
        await fill.reached(range);
      }
      await onPiece(range.to - range.from);
    }
    await fill.settle();
    const all = { from: 0, to: state.size };
    return { fetched, missing: bytesOf(missingRanges(all, this.#stored(state, all))) };
  }

  /** Resolves when no reader has asked for bytes for READING_MS. Rejects when the signal is aborted. */
  async quiet(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const left = this.#askedAt + READING_MS - performance.now();
      if (left <= 0) return;
      await new Promise((resolve) => setTimeout(resolve, left));
    }
  }

  /**
   * Takes care of files that changed and of which another version is stored: the bytes that both versions share are
   * kept. When little else of the file is missing, that is fetched too, so that the file plays without its origin.
   */
  async followChanges(files: readonly FileId[], signal: AbortSignal): Promise<void> {
    for (const file of files) {
      signal.throwIfAborted();
      const state = this.#parts.queries().file(file);
      if (state === undefined || state.removed) continue;
      try {
        await this.#fill(file, state.content);
        const bytes = this.#parts.content().manifest(file, state.content)?.bytes ?? 0;
        if (bytes > 0 && state.size - bytes <= REMAINDER_BYTES_MAX) {
          await this.complete(file, REMAINDER_BYTES_MAX, signal);
        }
      } catch (error) {
        if (signal.aborted) throw error;
        this.#parts.logger.debug(`Cannot follow the change of ${state.path}: ${messageOf(error)}`);
      }
    }
  }

  /** Stores the bytes that have arrived, and frees all memory. */
  async close(): Promise<void> {
    clearInterval(this.#sweep);
    for (const filling of this.#fills.values()) {
      const fill = await filling.catch(() => undefined);
      await fill?.settle();
      await fill?.close();
    }
    this.#fills.clear();
    this.#lingering.close();
    this.#unstored.close();
  }

  async #fetch(file: FileId, version: ContentVersion, range: ByteRange): Promise<Delivery[]> {
    const fill = await this.#fill(file, version);
    const wanted = { from: range.from, to: Math.min(range.to, fill.of.size) };
    if (this.#memory >= this.#memoryMax && !fill.knows(wanted)) await this.#room();
    const gaps = fill.gapsBeside(wanted);
    fill.begin(wanted, true);
    for (const gap of gaps) fill.begin(gap, false);
    await fill.reached(wanted);
    this.#askedAt = performance.now();
    // The next reads find the bytes after the range in this memory too, if those have arrived, and need not ask the
    // engine.
    return fill.shared({ from: wanted.from, to: wanted.to + SHARED_AHEAD_BYTES });
  }

  /**
   * The fill of a file's version. The first call for a version also looks for bytes that are stored under another
   * version.
   */
  #fill(file: FileId, version: ContentVersion): Promise<Fill> {
    const key = `${file}/${version}`;
    const known = this.#fills.get(key);
    if (known !== undefined) return known;
    const filling = Promise.try(() => this.#begin(this.#current(file, version)));
    this.#fills.set(key, filling);
    filling.catch(() => this.#fills.delete(key));
    return filling;
  }

  /** The file, which must have this version now. Throws FileSystemError, ESTALE. */
  #current(file: FileId, version: ContentVersion): FileState {
    const state = this.#parts.queries().file(file);
    if (state !== undefined && !state.removed && state.content === version) return state;
    throw new FileSystemError("ESTALE", `file ${file} has changed`);
  }

  async #begin(state: FileState): Promise<Fill> {
    const { keeper, signal, logger } = this.#parts;
    let isProvisional = await this.#recognise(state);
    const { file, content: version, size, audio_start, audio_end } = state;
    const borders = [audio_start, audio_end].filter((at) => at !== null && at > 0);
    return new Fill({ file, version, size, borders: borders as number[] }, {
      turns: this.#turnsOf(state.origin),
      read: (range, isBackground) => this.#source.read(state, range, { isBackground, signal }),
      stored: (range) => this.#stored(state, range),
      cut: (run) => this.#parts.cut(run),
      store: async (offset, chunks, origin) => {
        const isStored = await keeper.store(state, offset, chunks, origin);
        // Now that the whole file is stored, the origin's MD5 of it may prove that all bytes which were taken over
        // belong to it.
        if (isProvisional && this.#isWhole(state)) {
          isProvisional = false;
          this.#parts.onAdopted();
        }
        return isStored;
      },
      letGo: (delivery) => this.#lingering.add(delivery),
      keep: (delivery, onClosed) => this.#unstored.add(delivery, onClosed),
      onMemory: (change) => {
        this.#memory += change;
        if (change < 0) this.#useMemory();
      },
      onFault: (error) => logger.error(`Cannot store what was fetched: ${messageOf(error)}`),
    });
  }

  /** Resolves when there is memory again, or after ROOM_MS in any case. */
  async #room(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#roomless.add(resolve);
    const timer = setTimeout(resolve, ROOM_MS);
    await promise;
    clearTimeout(timer);
    this.#roomless.delete(resolve);
  }

  /**
   * When there is memory: wakes every waiting reader, then begins one fetch ahead. It begins only one, since a fetch
   * ahead may take much memory.
   */
  #useMemory(): void {
    if (this.#memory >= this.#memoryMax) return;
    for (const goOn of this.#roomless) goOn();
    for (const [file, { range, since }] of this.#waiting) {
      this.#waiting.delete(file);
      if (performance.now() - since > WAITING_MS) continue;
      void this.#beginAhead(range);
      return;
    }
  }

  #turnsOf(origin: string): Turns {
    let turns = this.#turns.get(origin);
    if (turns === undefined) this.#turns.set(origin, turns = new Turns(FETCHES_MAX));
    return turns;
  }

  #isWhole({ file, content: version, size }: FileState): boolean {
    return this.#parts.content().manifest(file, version)?.bytes === size;
  }

  /**
   * Takes over stored bytes of other versions and copies. Resolves with whether these bytes must still be compared with
   * the file.
   */
  async #recognise(state: FileState): Promise<boolean> {
    const { content, keeper, origin, random, signal, logger, onAdopted } = this.#parts;
    const open = origin(state.origin);
    if (open === undefined || content().manifest(state.file, state.content)) return false;
    try {
      const { runs, isCertain } = await recognise(state, open.origin, {
        relatives: () => this.#relatives(state),
        parts: ({ file, version }) =>
          content().storedParts(file, version, 0, Number.MAX_SAFE_INTEGER, PARTS_MAX),
        bytes: (part) => keeper.bytes(part),
        random,
      }, signal);
      await keeper.adopt(state, runs);
      if (runs.length === 0) return false;
      if (isCertain) await keeper.proved(state, "etag");
      else onAdopted();
      return !isCertain;
    } catch (error) {
      // Then the file is fetched like any other, if that works.
      logger.debug(`Cannot compare ${state.path} with what is stored: ${messageOf(error)}`);
      return false;
    }
  }

  #relatives(state: FileState): Relative[] {
    const { content, queries } = this.#parts;
    const own = content().manifestsOf(state.file)
      .map((manifest) => ({ manifest, likeness: undefined }));
    const copies = queries().copies(state.track).flatMap((copy) => {
      const likeness = queries().likeness(state.file, copy.file);
      const manifest = content().manifest(copy.file, copy.content);
      if (manifest === undefined || likeness === undefined || likeness === "nothing") return [];
      return [{ manifest, likeness }];
    });
    return [...own, ...copies];
  }

  #stored({ file, content: version }: FileState, { from, to }: ByteRange): ByteRange[] {
    return this.#parts.content().storedParts(file, version, from, to, PARTS_MAX)
      .map(({ offset, length }) => ({ from: offset, to: offset + length }));
  }

  async #knownBytes({ file, content: version, size }: FileState): Promise<KnownBytes[]> {
    const { content, keeper } = this.#parts;
    const parts = content().storedParts(file, version, 0, size, PARTS_MAX);
    const stored = samplesOf(parts, (part) => keeper.bytes(part));
    const fill = await this.#fills.get(`${file}/${version}`)?.catch(() => undefined);
    return [...stored, ...samples(fill?.arrived() ?? [])];
  }

  async #forgetIdle(): Promise<void> {
    for (const [key, filling] of this.#fills) {
      const fill = await filling.catch(() => undefined);
      if (fill?.isIdle) this.#fills.delete(key);
    }
  }
}

function bytesOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0);
}

function asFileSystemError(error: unknown): FileSystemError {
  if (error instanceof FileSystemError) return error;
  const message = messageOf(error);
  if (error instanceof OriginChanged || error instanceof OriginNotFound) {
    return new FileSystemError("ESTALE", message, { cause: error });
  }
  if (error instanceof OriginRefused) {
    return new FileSystemError("EACCES", message, { cause: error });
  }
  return new FileSystemError("EIO", message, { cause: error });
}
