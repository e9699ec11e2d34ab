import type { CopyComparison, MusicEvent } from "../../events/mod.ts";
import type { CacheQueries, FileState, LibraryQueries } from "../../projections/mod.ts";
import { type FileId, FileSystemError, type Logger, messageOf, type TrackId } from "../base/mod.ts";
import { type ChunkStore, DiskChunkStore, loadChecksum } from "../cache/store/mod.ts";
import { chunksDirectory } from "../config/places.ts";
import type { Settings } from "../config/settings.ts";
import {
  AdoptionProver,
  CopyComparer,
  Cutter,
  Fetcher,
  Prefetcher,
  StoreKeeper,
  StoreSweep,
  type StoreVerification,
  type WantedRange,
} from "../cache/mod.ts";
import type { CacheChange, CacheWork, FetchReply } from "../control/protocol.ts";
import { CacheWorks } from "./cache_works.ts";
import type { Origins } from "./origins.ts";
import { PinKeeper } from "./pin_keeper.ts";
import { SizedCovers } from "./sized_covers.ts";
import { WantedTracks } from "./wanted_tracks.ts";
import type { WrittenCache } from "./written_cache.ts";

/** Most changed files of which stored bytes are taken over after one scan. */
const FOLLOWED_MAX = 10_000;
/** When this share of its daily budget is used, an origin is not read in the background any more. */
const BUDGET_SHARE_AHEAD = 0.8;
/** A scan's end waits this long, in ms, for the copies that it found to be compared. */
const COMPARED_SOON_MS = 2_000;
/** Bytes that are fetched at a time of the new parts of a file whose tags changed. */
const REMAINDER_PIECE_BYTES = 1024 * 1024;

export interface CacheServiceParts {
  readonly settings: Settings;
  readonly queries: () => LibraryQueries;
  readonly log: WrittenCache;
  /** Appends to the library log, and brings its projections level. */
  readonly append: (events: MusicEvent[]) => Promise<void>;
  readonly origins: Origins;
  readonly onDrift: (origin: string, directory: string) => void;
  /** Called with the progress of the work for which a person waits; with null when there is none. */
  readonly onWork: (work: CacheWork | null) => void;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Answers every request to the engine about content: it fetches bytes of files, and keeps them. */
export class CacheService {
  readonly #parts: CacheServiceParts;
  readonly #cutter: Cutter;
  readonly #keeper: StoreKeeper;
  readonly #fetcher: Fetcher;
  readonly #prefetcher: Prefetcher;
  readonly #works: CacheWorks;
  readonly #wanted: WantedTracks;
  readonly #pins: PinKeeper;
  readonly #comparer: CopyComparer;
  readonly #prover: AdoptionProver;
  readonly #sweep: StoreSweep;
  readonly covers: SizedCovers;
  #following: Promise<void> = Promise.resolve();
  #trimming: Promise<void> = Promise.resolve();
  /** The number of background tasks that are running. */
  #inBackground = 0;

  private constructor(parts: CacheServiceParts, store: ChunkStore) {
    this.#parts = parts;
    const { settings, queries, log, append, origins, logger, signal } = parts;
    const content = () => log.queries;
    const now = () => Date.now();
    this.#works = new CacheWorks(parts.onWork);
    this.#cutter = new Cutter(chunksDirectory(settings));
    this.#keeper = new StoreKeeper({
      store,
      log,
      appendToLibrary: append,
      onBegun: () => this.#goesOn(this.#sweep.run()),
      limits: { content: settings.cacheSizeBytes, metadata: settings.metadataSizeBytes },
      logger,
      now,
    });
    this.#sweep = new StoreSweep({
      ...{ store, content, logger, signal, keeper: this.#keeper },
      onLost: () => this.#pins.wake(),
    });
    this.#fetcher = new Fetcher({
      ...parts,
      content,
      keeper: this.#keeper,
      cut: (run) => this.#cutter.cut(run),
      origin: (id) => origins.source(id),
      random: drawnBelow,
      onAdopted: () => void this.#prover.prove(),
      onUnlike: (comparison) => void this.#tellOf(comparison),
    });
    this.covers = new SizedCovers({
      ...{ fetcher: this.#fetcher, keeper: this.#keeper, content, logger },
      file: (file) => queries().file(file),
    });
    const background = {
      ...{ queries, content, append, logger, signal, keeper: this.#keeper, random: drawnBelow },
      origin: (id: string) => {
        const source = origins.source(id);
        const isWorthIt = source !== undefined && !source.isDown &&
          origins.budgetUsed(id) < BUDGET_SHARE_AHEAD;
        return isWorthIt ? source.origin : undefined;
      },
      quiet: (signal: AbortSignal) => this.#fetcher.quiet(signal),
      onDrift: ({ origin, path }: FileState) => parts.onDrift(origin, directoryOf(path)),
    };
    this.#comparer = new CopyComparer(background);
    this.#prover = new AdoptionProver({
      ...background,
      complete: (file, signal) => this.#fetcher.complete(file, REMAINDER_PIECE_BYTES, signal),
    });
    this.#wanted = new WantedTracks({
      ...{ queries, signal, works: this.#works },
      isLocal: (id) => origins.source(id)?.origin.kind === "local",
      complete: (...wanted) => this.#fetcher.complete(...wanted),
      cacheBytes: settings.cacheSizeBytes,
    });
    const completeQuietly: Fetcher["complete"] = async (file, pieceBytes, either) => {
      const quiet = () => this.#fetcher.quiet(either);
      await quiet();
      return await this.#fetcher.complete(file, pieceBytes, either, quiet);
    };
    this.#pins = new PinKeeper({
      ...{ content, logger, signal, now, works: this.#works },
      complete: completeQuietly,
      isAtHand: (id) => origins.source(id)?.isDown === false,
    });
    this.#prefetcher = new Prefetcher({
      ...{ queries, logger, signal, now },
      complete: completeQuietly,
      isWorthIt: (id) => {
        const source = origins.source(id);
        return source !== undefined && source.origin.kind !== "local" && !source.isDown &&
          origins.budgetUsed(id) < BUDGET_SHARE_AHEAD;
      },
      cacheBytes: settings.cacheSizeBytes,
    });
  }

  static async open(parts: CacheServiceParts): Promise<CacheService> {
    const directory = chunksDirectory(parts.settings);
    const service = new CacheService(parts, new DiskChunkStore(directory, await loadChecksum()));
    // With a cache disk that can't be written, files that lie elsewhere can still be read.
    await service.#keeper.look().catch((error) => parts.logger.error(messageOf(error)));
    // The limits may have changed since the last engine.
    service.#trimming = service.#keeper.trim()
      .catch((error) => parts.logger.error(messageOf(error)));
    service.#goesOn(service.#sweep.run());
    return service;
  }

  async fetch(range: WantedRange): Promise<FetchReply> {
    try {
      const deliveries = await this.#fetcher.fetch(range);
      const shared = deliveries.map(({ from, arrived: to, memory: { fd, name } }) => (
        { from, to, fd, name, base: from }
      ));
      return { pid: Deno.pid, shared, last_seq: this.#parts.log.checkpoint };
    } catch (error) {
      if (error instanceof FileSystemError) return { errno: error.errno, message: error.message };
      throw error;
    }
  }

  ahead(range: WantedRange): void {
    this.#fetcher.ahead(range).catch(() => {});
  }

  /** To be called when somebody begins to listen to a track: tracks that may follow are fetched. */
  heard(track: TrackId): void {
    this.#prefetcher.heard(track);
    this.#goesOn(this.#prefetcher.idle());
  }

  async played(track: TrackId): Promise<void> {
    const { append, queries } = this.#parts;
    await append([{ type: "TrackPlayed", v: 1, data: { track } }]);
    this.#keeper.touch(queries().copies(track).map(({ file }) => file));
  }

  used(files: readonly FileId[]): void {
    this.#keeper.touch(files);
  }

  async corrupt(hash: string, reason: string): Promise<void> {
    await this.#keeper.corrupt(hash, reason);
    this.#pins.wake();
    // Where one chunk is gone, others may be: the sweep takes back every promise that can't be kept.
    this.#goesOn(this.#sweep.run());
  }

  /**
   * Gives up the stored bytes of an origin, or of all origins when it is null. Pinned tracks among them are fetched
   * again.
   */
  async clear(origin: string | null): Promise<CacheChange> {
    const change = await this.#keeper.clear(origin);
    this.#pins.wake();
    return change;
  }

  verify(signal: AbortSignal): Promise<StoreVerification> {
    const { bytes } = this.#content.totals();
    const either = AbortSignal.any([this.#parts.signal, signal]);
    const verified = this.#works.follow("verify", bytes, (at) => this.#keeper.verify(either, at));
    return verified.finally(() => this.#pins.wake());
  }

  /**
   * Keeps the tracks that the query finds from now on, and fetches their missing bytes. When the caller stops waiting
   * or an origin doesn't answer, the rest is fetched in the background.
   */
  async pin(query: string, signal: AbortSignal): Promise<CacheChange> {
    await this.#keeper.look();
    const tracks = await this.#wanted.matching(query);
    const files = await this.#wanted.filesOf(tracks, "pin");
    await this.#parts.append([{ type: "TracksPinned", v: 1, data: { query, tracks } }]);
    try {
      return { tracks: tracks.length, bytes: await this.#wanted.fetch("pin", files, signal) };
    } finally {
      this.#pins.wake();
    }
  }

  async unpin(query: string): Promise<CacheChange> {
    const named = this.#parts.queries().listening.tracksOfPin(query);
    const tracks = named.length > 0 ? named : await this.#wanted.matching(query);
    await this.#parts.append([{ type: "TracksUnpinned", v: 1, data: { query, tracks } }]);
    await this.#keeper.trim();
    return { tracks: tracks.length, bytes: 0 };
  }

  async warm(query: string, signal: AbortSignal): Promise<CacheChange> {
    await this.#keeper.look();
    const tracks = await this.#wanted.matching(query);
    const files = await this.#wanted.filesOf(tracks, "warm");
    return { tracks: tracks.length, bytes: await this.#wanted.fetch("warm", files, signal) };
  }

  /** Takes over stored bytes that changed files still contain; in the background, after a scan. */
  followChanges(): void {
    const { signal, logger } = this.#parts;
    const files = this.#content.superseded(FOLLOWED_MAX);
    if (files.length === 0) return;
    this.#following = this.#following
      .then(() => this.#fetcher.followChanges(files, signal))
      .catch((error) => {
        if (!signal.aborted) logger.error(messageOf(error));
      });
    this.#goesOn(this.#following);
  }

  get #content(): CacheQueries {
    return this.#parts.log.queries;
  }

  /** Counts `work` as a background task while it runs. It must never reject. */
  #goesOn(work: Promise<void>): void {
    this.#inBackground++;
    work.finally(() => this.#inBackground--);
  }

  /** Fetches the missing bytes of pinned tracks. To be called when an origin is back, or files may have changed. */
  completePins(): void {
    this.#pins.wake();
  }

  /** Whether a background task is running. */
  get busy(): boolean {
    return this.#pins.busy || this.#comparer.isBusy || this.#prover.isBusy ||
      this.#inBackground > 0;
  }

  /** When pinned tracks that could not be fetched are tried again, in ms since the epoch; null when there are none. */
  get pinsDueAt(): number | null {
    return this.#pins.dueAt;
  }

  /**
   * Compares files that look like copies of one track, and provisional bytes with their origins, in the background.
   * Resolves when the copies are compared, or after COMPARED_SOON_MS: so a small library is complete as soon as its
   * scan is over.
   */
  async compare(): Promise<void> {
    void this.#prover.prove();
    const soon = Promise.withResolvers<void>();
    const timer = setTimeout(soon.resolve, COMPARED_SOON_MS);
    await Promise.race([this.#comparer.compare(), soon.promise]);
    clearTimeout(timer);
  }

  /** Resolves when pinned, changed and probable tracks are no longer being fetched. */
  async idle(): Promise<void> {
    await this.#pins.idle();
    await this.#following;
    await this.#prefetcher.idle();
  }

  async close(): Promise<void> {
    await this.covers.close();
    await this.#prefetcher.close();
    await this.#pins.idle();
    await this.#following;
    await this.#trimming;
    await this.#comparer.idle();
    await this.#prover.idle();
    await this.#fetcher.close();
    // When the disk can't be written any more, only the order in which files were used is lost.
    await this.#keeper.noteUse().catch(() => {});
    await this.#sweep.close();
    this.#cutter.close();
  }

  /** Notes in the log that copies which it calls equal are not. */
  async #tellOf(comparison: CopyComparison): Promise<void> {
    const { append, logger } = this.#parts;
    try {
      await append([{
        type: "CopiesCompared",
        v: 1,
        data: { comparisons: [comparison], done: [] },
      }]);
    } catch (error) {
      logger.error(messageOf(error));
    }
  }
}

function drawnBelow(below: number): number {
  return Math.floor(Math.random() * below);
}

/** The directory of a file, both relative to the origin's root; "" is the root. */
function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
