import {
  type CacheEvent,
  CHUNKS_BESIDE_FACTS,
  CHUNKS_PER_EVENT,
  type PartsCompared,
} from "../../../events/mod.ts";
import {
  type CacheQueries,
  contentFacts,
  type FileState,
  type KnownChunk,
  type Manifest,
} from "../../../projections/mod.ts";
import type { StoredPart } from "../../../projections/tree/tree_types.ts";
import {
  type ContentVersion,
  type FileId,
  formatBytes,
  type Logger,
  messageOf,
  sizedCoverOf,
  TimeSlices,
} from "../../base/mod.ts";
import {
  type ChunkStore,
  ChunkStoreFull,
  decideEvictions,
  type EvictedPart,
  type EvictionCandidate,
  type Limits,
} from "../store/mod.ts";
import type { CacheLog } from "./cache_log.ts";
import type { CutRun } from "../fetch/cutting.ts";
import { type KnownRun, runsLeft } from "../compare/recogniser.ts";

/** When the disk is full, this much is given up at once. */
const FREED_BYTES = 64 * 1024 * 1024;
/** When nothing can be given up, or storing fails, nothing is stored for this long. */
const PAUSE_MS = 10_000;
/** For this many files the time of the last use is kept in memory; for others the log has it. */
const TOUCHED_FILES_MAX = 10_000;
/** The log is told which files were read this often, in ms, and when the engine ends. */
const NOTE_USE_MS = 3_600_000;
/** Manifests in one event, which is folded without a pause. */
const EVICTED_AT_ONCE = 100;
/** Chunks that one query of a verification returns. */
const VERIFIED_AT_ONCE = 64;
/** A verification reads chunks for this long, then lets storing and fetching continue before it reads more. */
const VERIFY_SLICE_MS = 20;

export interface StoreKeeperParts {
  readonly store: ChunkStore;
  readonly log: CacheLog;
  /** Appends to the library log, and brings its projections level. */
  readonly appendToLibrary: (events: PartsCompared[]) => Promise<void>;
  /** Called when a new log was begun: the store may hold chunks that it does not name. */
  readonly onBegun?: () => void;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly now: () => number;
}

/** Bytes that were made on this machine, under a number that no file of an origin has. */
export interface MadeObject {
  readonly file: FileId;
  readonly version: ContentVersion;
  /** The name of the bytes in the store. */
  readonly hash: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * The result of reading every chunk: how many there are, their bytes, the damaged ones, and deleted files without a
 * chunk in the log.
 */
export interface StoreVerification {
  chunks: number;
  bytes: number;
  corrupt: { hash: string; reason: string }[];
  orphans: number;
}

/**
 * Keeps the chunk store and the log of its chunks in step. It writes chunks before the log promises them, and deletes
 * them after the log has given them up. It makes one such change at a time, since one file may want a chunk while
 * another gives it up.
 */
export class StoreKeeper {
  readonly #parts: StoreKeeperParts;
  /** When files were last read, in ms since the epoch; the least recent first. */
  readonly #touched = new Map<FileId, number>();
  /** The files among them whose use is not in the log yet. */
  readonly #unnoted = new Set<FileId>();
  #notedAt: number;
  #turn: Promise<unknown> = Promise.resolve();
  #pausedUntil = -Infinity;

  constructor(parts: StoreKeeperParts) {
    this.#parts = parts;
    this.#notedAt = parts.now();
  }

  get #content(): CacheQueries {
    return this.#parts.log.queries;
  }

  /**
   * Stores a run of chunks of a file, which begins at `offset`; resolves with false when there is no room for it, or
   * storing is paused. Rejects with the error of the disk or the log, and pauses storing then for PAUSE_MS.
   */
  store(
    file: FileState,
    offset: number,
    run: CutRun,
    origin: string | null,
  ): Promise<boolean> {
    return this.#storing(run, () => this.#stored(file, { offset, chunks: run.chunks }, origin));
  }

  /** Stores something that was made on this machine, as one chunk; as {@link store}. */
  keep({ file, version, hash, bytes }: MadeObject): Promise<boolean> {
    const chunks = [{ hash, length: bytes.length }];
    const put = () => Promise.try(() => this.#parts.store.put(hash, bytes));
    return this.#storing({ chunks, put, drop: () => {} }, () => [{
      type: "ChunksStored",
      v: 2,
      data: {
        ...{ file, version, offset: 0, chunks, origin: null, provisional: false },
        of: { size: bytes.length, mtime_s: 0, mtime_ns: 0 },
      },
    }]);
  }

  #storing(run: CutRun, events: () => CacheEvent[]): Promise<boolean> {
    return this.#alone(async () => {
      try {
        const isPut = await this.#put(run) || (await this.#freed() && await this.#put(run));
        if (!isPut) return false;
        await this.#append(...events());
      } catch (error) {
        this.#pausedUntil = this.#parts.now() + PAUSE_MS;
        this.#takeBack(run);
        throw error;
      }
      await this.#enforce();
      return true;
    });
  }

  /**
   * Notes that bytes stored under another version or copy are this file's as well, provisionally, and gives up former
   * versions. Chunks that are no longer stored are left out.
   */
  adopt(file: FileState, runs: readonly KnownRun[]): Promise<void> {
    return this.#alone(async () => {
      const kept = runs.flatMap((run) => runsLeft(run, (hash) => this.#content.isStored(hash)));
      for (const run of kept) await this.#append(...this.#stored(file, run, null));
      const former = this.#content.manifestsOf(file.file)
        .filter(({ version }) => version !== file.content);
      await this.#evict("superseded", "all", former);
    });
  }

  /** Notes that the provisional parts of a file's version are proven to be its own. */
  proved({ file, content: version }: FileState, by: "bytes" | "md5" | "etag"): Promise<void> {
    return this.#alone(() =>
      this.#append({ type: "PartsProven", v: 1, data: { file, version, by } })
    );
  }

  /** Gives up all stored bytes of a file's version, since some of them proved not to be its own. */
  disproved({ file, content: version }: FileState): Promise<void> {
    return this.#alone(async () => {
      const data = { file, version, by: "bytes", alike: false } as const;
      await this.#parts.appendToLibrary([{ type: "PartsCompared", v: 1, data }]);
      await this.#evict("superseded", "all", [{ file, version }]);
    });
  }

  /**
   * Compares the identity of the store with the one that the log describes. When they differ, or either was deleted, a
   * new log is begun.
   */
  look(): Promise<void> {
    return this.#alone(() => this.#meet());
  }

  /** Whether there is a log that describes the present store. Otherwise the log says nothing about the chunks in it. */
  get isKnown(): boolean {
    const { store, log } = this.#parts;
    return log.store !== undefined && log.store === store.identity();
  }

  /** Bytes of a stored part; undefined when they can't be read, which is noted in the log. */
  bytes({ hash, length }: StoredPart): Uint8Array<ArrayBuffer> | undefined {
    const reading = this.#parts.store.read(hash, length);
    if ("bytes" in reading) return reading.bytes;
    this.corrupt(hash, `${reading.fault}: ${reading.reason}`).catch(() => {});
    return undefined;
  }

  /** Notes in the log which of these parts are not on the disk any more. */
  async miss(parts: readonly StoredPart[]): Promise<void> {
    for (const { hash, length } of parts) {
      if (!this.#parts.store.has(hash, length)) {
        await this.corrupt(hash, "missing: its file is gone");
      }
    }
  }

  /** Notes that a chunk is gone or damaged, and deletes it: its bytes are fetched again when they are wanted. */
  corrupt(hash: string, reason: string): Promise<void> {
    return this.#alone(async () => {
      if (!this.#content.isStored(hash)) return;
      // A store that was deleted is noted as a whole; where none can be made in its place, nothing is stored either.
      await this.#meet().catch(() => {});
      if (!this.#content.isStored(hash)) return;
      this.#parts.logger.warn(`dropped a damaged chunk of the cache (${reason})`);
      await this.#append({ type: "ChunkCorrupted", v: 1, data: { hash, reason } });
      this.#parts.store.remove(hash);
    });
  }

  /** To be called when these files were read from the store. */
  touch(files: readonly FileId[]): void {
    const now = this.#parts.now();
    for (const file of files) {
      this.#touched.delete(file);
      this.#touched.set(file, now);
      this.#unnoted.add(file);
    }
    for (const file of this.#touched.keys()) {
      if (this.#touched.size <= TOUCHED_FILES_MAX) break;
      this.#touched.delete(file);
      this.#unnoted.delete(file);
    }
    // If this event can't be appended, only the order in which these files were used is lost.
    if (now - this.#notedAt >= NOTE_USE_MS) this.noteUse().catch(() => {});
  }

  /** Notes in the log which files were read since the last such note. */
  noteUse(): Promise<void> {
    return this.#alone(async () => {
      this.#notedAt = this.#parts.now();
      const files = [...this.#unnoted];
      this.#unnoted.clear();
      if (files.length === 0 || this.#parts.log.store === undefined) return;
      await this.#append({ type: "FilesUsed", v: 1, data: { files } });
    });
  }

  /**
   * Gives up all stored bytes of an origin's files, or of all files when `origin` is null; resolves with how many files
   * these were, and with the bytes that this freed.
   */
  clear(origin: string | null): Promise<{ tracks: number; bytes: number }> {
    return this.#alone(async () => {
      const before = this.#content.totals().bytes;
      const manifests = this.#content.manifestsOfOrigin(origin);
      await this.#evict("cleared", "all", manifests);
      const files = manifests.map(({ file }) => file);
      const tracks = new Set(files.filter((file) => sizedCoverOf(file) === undefined)).size;
      return { tracks, bytes: before - this.#content.totals().bytes };
    });
  }

  /**
   * Reads every chunk, drops the damaged ones, and deletes files in the store that are no chunk in the log.
   * `onProgress` is called with the bytes of the chunks read so far.
   */
  async verify(
    signal: AbortSignal,
    onProgress: (bytes: number) => void = () => {},
  ): Promise<StoreVerification> {
    const { store } = this.#parts;
    await this.look();
    const found: StoreVerification = { chunks: 0, bytes: 0, corrupt: [], orphans: 0 };
    const slices = new TimeSlices(VERIFY_SLICE_MS);
    let after = 0;
    for (;;) {
      signal.throwIfAborted();
      const chunks = this.#content.chunks(after, VERIFIED_AT_ONCE);
      if (chunks.length === 0) break;
      for (const { id, hash, length } of chunks) {
        after = id;
        found.chunks++;
        found.bytes += length;
        const reading = store.read(hash, length);
        await slices.pause();
        signal.throwIfAborted();
        if ("bytes" in reading || !this.#content.isStored(hash)) continue;
        const reason = `${reading.fault}: ${reading.reason}`;
        found.corrupt.push({ hash, reason });
        await this.corrupt(hash, reason);
      }
      onProgress(found.bytes);
    }
    for (const { hash } of store.list()) {
      await slices.pause();
      signal.throwIfAborted();
      if (await this.dropOrphan(hash)) found.orphans++;
    }
    return found;
  }

  /** Deletes a chunk unless the log names it; resolves with whether one was deleted. */
  async dropOrphan(hash: string): Promise<boolean> {
    const { store } = this.#parts;
    if (this.#content.isStored(hash)) return false;
    return await this.#alone(() =>
      Promise.resolve(!this.#content.isStored(hash) && store.remove(hash))
    );
  }

  /** Notes which of these chunks are not on the disk any more; resolves with how many. */
  dropLost(chunks: readonly Pick<KnownChunk, "hash" | "length">[]): Promise<number> {
    return this.#alone(async () => {
      const { store } = this.#parts;
      const isLost = ({ hash, length }: Pick<KnownChunk, "hash" | "length">) =>
        this.#content.isStored(hash) && !store.has(hash, length);
      if (!chunks.some(isLost)) return 0;
      await this.#meet();
      const lost = chunks.filter(isLost);
      if (lost.length === 0) return 0;
      const reason = "missing: its file is gone, or is of another length";
      await this.#append(
        ...lost.map(({ hash }): CacheEvent => (
          { type: "ChunkCorrupted", v: 1, data: { hash, reason } }
        )),
      );
      for (const { hash } of lost) store.remove(hash);
      return lost.length;
    });
  }

  /** Gives up versions until the limits are kept. */
  trim(): Promise<void> {
    return this.#alone(() => this.#enforce());
  }

  async #meet(): Promise<void> {
    const { store, log, logger, onBegun } = this.#parts;
    const found = store.identity();
    if (found !== undefined && found === log.store) return;
    const isKnown = this.#chunksKnown() > 0;
    try {
      // The store of an older program, which gave it no identity, may hold chunks that the library log names.
      const isOld = found !== undefined || !store.list().next().done;
      const has = isOld ? store.has.bind(store) : undefined;
      const identity = found ?? store.identify();
      await log.begin(identity, has);
    } catch (error) {
      // No store can be made: the rows of the one that was there must not be believed any longer.
      if (found === undefined) {
        await log.end();
        if (isKnown) logger.warn(`what was cached is out of reach: ${messageOf(error)}`);
      }
      throw error;
    }
    if (isKnown) {
      logger.warn("what was cached is gone: its directory was deleted, or is another one");
    }
    store.unsettle();
    onBegun?.();
  }

  #chunksKnown(): number {
    try {
      return this.#content.totals().chunks;
    } catch {
      return 0; // The library was deleted as well.
    }
  }

  async #put(run: CutRun): Promise<boolean> {
    if (this.#parts.now() < this.#pausedUntil) return false;
    await this.#meet();
    try {
      await run.put();
      return true;
    } catch (error) {
      if (!(error instanceof ChunkStoreFull)) throw error;
      this.#takeBack(run);
      return false;
    }
  }

  /** Deletes the chunks of a run that the log does not promise, so that they take no room. */
  #takeBack({ chunks }: CutRun): void {
    const { store } = this.#parts;
    for (const { hash } of chunks) if (!this.#content.isStored(hash)) store.remove(hash);
  }

  /**
   * To be called when the disk is full: makes room by giving up the least recently used versions; resolves with whether
   * that freed any.
   */
  async #freed(): Promise<boolean> {
    const { logger, now } = this.#parts;
    if (now() < this.#pausedUntil) return false;
    const before = this.#content.totals().bytes;
    const { bytes, metadata_bytes } = this.#content.totals();
    await this.#enforce(Math.max(0, bytes - metadata_bytes - FREED_BYTES));
    const freed = before - this.#content.totals().bytes;
    if (freed > 0) {
      logger.info(`gave up ${formatBytes(freed)} of the cache: the disk is full`);
      return true;
    }
    this.#pausedUntil = now() + PAUSE_MS;
    logger.warn("cannot store what is fetched: the disk of the cache is full");
    return false;
  }

  async #enforce(contentBytes: number = this.#parts.limits.content): Promise<void> {
    const { limits } = this.#parts;
    const evictions = decideEvictions({
      totals: this.#content.totals(),
      limits: { ...limits, content: contentBytes },
      candidates: (part) => this.#candidates(part),
    });
    for (const { part, manifests } of evictions) {
      await this.#evict("space", part === "metadata" ? "all" : "content", manifests);
    }
  }

  /** The versions that may be given up, the least recently used first; those whose last use is in memory come last. */
  *#candidates(part: EvictedPart): IterableIterator<EvictionCandidate> {
    const touched: EvictionCandidate[] = [];
    for (const candidate of this.#content.leastRecentlyUsed(part)) {
      if (this.#touched.has(candidate.file)) touched.push(candidate);
      else yield candidate;
    }
    const at = ({ file }: EvictionCandidate) => this.#touched.get(file)!;
    yield* touched.sort((a, b) => at(a) - at(b));
  }

  async #evict(
    reason: "space" | "cleared" | "superseded",
    part: "content" | "all",
    manifests: readonly Pick<Manifest, "file" | "version">[],
  ): Promise<void> {
    const { store } = this.#parts;
    for (let at = 0; at < manifests.length; at += EVICTED_AT_ONCE) {
      const named = manifests.slice(at, at + EVICTED_AT_ONCE)
        .map(({ file, version }) => ({ file, version }));
      const hashes = new Set(
        named.flatMap(({ file, version }) => this.#content.hashesOf(file, version, part)),
      );
      await this.#append({ type: "ChunksEvicted", v: 1, data: { reason, part, manifests: named } });
      for (const hash of hashes) if (!this.#content.isStored(hash)) store.remove(hash);
    }
  }

  async #append(...events: CacheEvent[]): Promise<void> {
    await this.#parts.log.append(events);
  }

  /**
   * The events that note a run of chunks. The first event for a version also holds what the library log says of the
   * version.
   */
  #stored(file: FileState, run: KnownRun, origin: string | null): CacheEvent[] {
    const version = file.content;
    const events: CacheEvent[] = [];
    let of = this.#content.manifest(file.file, version) === undefined ? contentFacts(file) : null;
    let { offset } = run;
    for (let at = 0; at < run.chunks.length;) {
      const most = of === null ? CHUNKS_PER_EVENT : CHUNKS_BESIDE_FACTS;
      const chunks = run.chunks.slice(at, at += most);
      events.push({
        type: "ChunksStored",
        v: 2,
        data: {
          ...{ file: file.file, version, offset, chunks, origin },
          ...{ provisional: origin === null, of },
        },
      });
      of = null;
      offset += chunks.reduce((sum, { length }) => sum + length, 0);
    }
    return events;
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}
