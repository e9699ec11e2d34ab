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
import { WantedTracks } from "./wanted_tracks.ts";
import type { WrittenCache } from "./written_cache.ts";

/** Changed files that are looked at after one scan. */
const FOLLOWED_MAX = 10_000;
/** Above this share of its daily budget, an origin is asked for nothing that nobody waits for. */
const BUDGET_SHARE_AHEAD = 0.8;
/** A scan is not called over before what it found is compared, if that takes no longer. */
const COMPARED_SOON_MS = 2_000;
/** Fetched in one go of what is new in a file that was tagged anew. */
const REMAINDER_PIECE_BYTES = 1024 * 1024;

export interface CacheServiceParts {
  readonly settings: Settings;
  readonly queries: () => LibraryQueries;
  readonly log: WrittenCache;
  /** Appends to the library log, and lets its projections follow. */
  readonly append: (events: MusicEvent[]) => Promise<void>;
  readonly origins: Origins;
  readonly onDrift: (origin: string, directory: string) => void;
  /** What a person waits for, as it goes on; null when nothing is left of it. */
  readonly onWork: (work: CacheWork | null) => void;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Everything the engine is asked about content: the bytes of files, and what is kept of them. */
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
  #following: Promise<void> = Promise.resolve();
  #trimming: Promise<void> = Promise.resolve();
  /** How much goes on that nobody waits for. */
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
    // A disk that can't be written keeps nobody from reading what lies elsewhere.
    await service.#keeper.look().catch((error) => parts.logger.error(messageOf(error)));
    // The limits may be others than they were.
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

  /** What may be played next is fetched. */
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
    // Where one chunk is gone there may be others: what is promised is there.
    this.#goesOn(this.#sweep.run());
  }

  /** What is pinned of it is fetched again. */
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
   * Keeps what the query finds, from now on, and fetches what is missing of it. What this does not come to, because
   * nobody waits any more or an origin is away, goes on in the background.
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

  /** Keeps what changed files share with what is stored of them; in the background, after a scan. */
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

  /** Counts what nobody waits for; `work` never rejects. */
  #goesOn(work: Promise<void>): void {
    this.#inBackground++;
    work.finally(() => this.#inBackground--);
  }

  /** Fetches what is missing of pinned tracks: an origin is back, or something may have changed. */
  completePins(): void {
    this.#pins.wake();
  }

  /** Something goes on in the background. */
  get busy(): boolean {
    return this.#pins.busy || this.#comparer.isBusy || this.#prover.isBusy ||
      this.#inBackground > 0;
  }

  /** When what could not be fetched of pinned tracks is tried again, ms since the epoch; null when nothing is left. */
  get pinsDueAt(): number | null {
    return this.#pins.dueAt;
  }

  /**
   * Compares what looks like copies of one track, and what was taken over from elsewhere; in the background. Resolves when
   * the copies are compared, or soon: a small library is seen as it is as soon as it is scanned.
   */
  async compare(): Promise<void> {
    void this.#prover.prove();
    const soon = Promise.withResolvers<void>();
    const timer = setTimeout(soon.resolve, COMPARED_SOON_MS);
    await Promise.race([this.#comparer.compare(), soon.promise]);
    clearTimeout(timer);
  }

  /** Resolves when nothing goes on in the background. */
  async idle(): Promise<void> {
    await this.#pins.idle();
    await this.#following;
    await this.#prefetcher.idle();
  }

  async close(): Promise<void> {
    await this.#prefetcher.close();
    await this.#pins.idle();
    await this.#following;
    await this.#trimming;
    await this.#comparer.idle();
    await this.#prover.idle();
    await this.#fetcher.close();
    // A disk that can't be written any more loses no more than the order in which files were used.
    await this.#keeper.noteUse().catch(() => {});
    await this.#sweep.close();
    this.#cutter.close();
  }

  /** Copies that the log calls equal are not. */
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

/** Of a file of an origin, "" for the root. */
function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
