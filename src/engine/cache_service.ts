import type { MusicEvent } from "../../events/mod.ts";
import type { ContentQueries, LibraryQueries } from "../../projections/mod.ts";
import {
  EXIT,
  FileSystemError,
  formatBytes,
  type Logger,
  messageOf,
  plural,
  UserError,
} from "../base/mod.ts";
import { type ChunkStore, DiskChunkStore, loadChecksum } from "../chunks/mod.ts";
import { chunksDirectory } from "../config/places.ts";
import type { Settings } from "../config/settings.ts";
import { Content, type ContentRange, Keeper, Prefetcher, type Verified } from "../content/mod.ts";
import type { CacheChange, CacheWork, FetchReply } from "../control/protocol.ts";
import { CacheWorks } from "./cache_works.ts";
import type { Origins } from "./origins.ts";

/** Fetched in one go when a person asked for whole tracks. */
const WARM_BYTES = 4 * 1024 * 1024;
/** Tracks that are looked up before others are answered. */
const LOOKED_AT_ONCE = 500;
/** Changed files that are looked at after one scan. */
const FOLLOWED_MAX = 10_000;
/** Above this share of its daily budget, an origin is asked for nothing that nobody waits for. */
const BUDGET_SHARE_AHEAD = 0.8;

export interface CacheServiceParts {
  readonly settings: Settings;
  readonly queries: () => LibraryQueries;
  readonly content: () => ContentQueries;
  readonly append: (events: MusicEvent[]) => Promise<void>;
  readonly origins: Origins;
  readonly onDrift: (origin: string, directory: string) => void;
  /** What a person waits for, as it goes on; null when nothing is left of it. */
  readonly onWork: (work: CacheWork | null) => void;
  readonly lastSeq: () => number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

interface WantedFile {
  readonly file: number;
  /** Bytes. */
  readonly size: number;
}

/** Everything the engine is asked about content: the bytes of files, and what is kept of them. */
export class CacheService {
  readonly #parts: CacheServiceParts;
  readonly #keeper: Keeper;
  readonly #content: Content;
  readonly #prefetcher: Prefetcher;
  readonly #works: CacheWorks;
  #following: Promise<void> = Promise.resolve();

  private constructor(parts: CacheServiceParts, store: ChunkStore) {
    this.#parts = parts;
    const { settings, queries, content, append, origins, logger, signal } = parts;
    const now = () => Date.now();
    this.#works = new CacheWorks(parts.onWork);
    this.#keeper = new Keeper({
      store,
      content,
      append,
      limits: { content: settings.cacheSizeBytes, metadata: settings.metadataSizeBytes },
      logger,
      now,
    });
    this.#content = new Content({
      ...parts,
      keeper: this.#keeper,
      origin: (id) => origins.source(id),
    });
    this.#prefetcher = new Prefetcher({
      ...{ queries, content, append, logger, signal, now },
      complete: async (file, pieceBytes, either) => {
        const quiet = () => this.#content.quiet(either);
        await quiet();
        return await this.#content.complete(file, pieceBytes, either, quiet);
      },
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
    return new CacheService(parts, new DiskChunkStore(directory, await loadChecksum()));
  }

  async fetch(range: ContentRange): Promise<FetchReply> {
    try {
      const deliveries = await this.#content.fetch(range);
      const shared = deliveries.map(({ from, arrived: to, memory: { fd, name } }) => (
        { from, to, fd, name, base: from }
      ));
      return { pid: Deno.pid, shared, last_seq: this.#parts.lastSeq() };
    } catch (error) {
      if (error instanceof FileSystemError) return { errno: error.errno, message: error.message };
      throw error;
    }
  }

  ahead(range: ContentRange): void {
    this.#content.ahead(range).catch(() => {});
  }

  async played(track: number): Promise<void> {
    await this.#prefetcher.played(track);
  }

  used(files: readonly number[]): void {
    this.#keeper.touch(files);
  }

  corrupt(hash: string, reason: string): Promise<void> {
    return this.#keeper.corrupt(hash, reason);
  }

  clear(origin: string | null): Promise<CacheChange> {
    return this.#keeper.clear(origin);
  }

  verify(signal: AbortSignal): Promise<Verified> {
    const { bytes } = this.#parts.content().totals();
    const either = AbortSignal.any([this.#parts.signal, signal]);
    return this.#works.follow("verify", bytes, (at) => this.#keeper.verify(either, at));
  }

  /** Keeps what the query finds, from now on, and fetches what is missing of it. */
  async pin(query: string, signal: AbortSignal): Promise<CacheChange> {
    const tracks = await this.#matching(query);
    const wanted = await this.#remote(tracks);
    await this.#parts.append([{ type: "TracksPinned", v: 1, data: { query, tracks } }]);
    return { tracks: tracks.length, bytes: await this.#fetchAll("pin", wanted, signal) };
  }

  async unpin(query: string): Promise<CacheChange> {
    const named = this.#parts.content().tracksOfPin(query);
    const tracks = named.length > 0 ? named : await this.#matching(query);
    await this.#parts.append([{ type: "TracksUnpinned", v: 1, data: { query, tracks } }]);
    await this.#keeper.trim();
    return { tracks: tracks.length, bytes: 0 };
  }

  async warm(query: string, signal: AbortSignal): Promise<CacheChange> {
    const tracks = await this.#matching(query);
    const wanted = await this.#remote(tracks);
    return { tracks: tracks.length, bytes: await this.#fetchAll("warm", wanted, signal) };
  }

  /** Keeps what changed files share with what is stored of them; in the background, after a scan. */
  followChanges(): void {
    const { content, signal, logger } = this.#parts;
    const files = content().superseded(FOLLOWED_MAX);
    if (files.length === 0) return;
    this.#following = this.#following
      .then(() => this.#content.followChanges(files, signal))
      .catch((error) => {
        if (!signal.aborted) logger.error(messageOf(error));
      });
  }

  /** Resolves when nothing goes on in the background. */
  async idle(): Promise<void> {
    await this.#following;
    await this.#prefetcher.idle();
  }

  async close(): Promise<void> {
    await this.#prefetcher.close();
    await this.#following;
    await this.#content.close();
  }

  /** Throws UserError, exit code 4, when there are none. Readers are answered while it looks. */
  async #matching(query: string): Promise<number[]> {
    const tracks: number[] = [];
    for (const page of this.#parts.content().tracksMatching(query)) {
      for (const { track } of page) tracks.push(track);
      await othersFirst();
    }
    if (tracks.length > 0) return tracks;
    throw new UserError(`Cannot find ${JSON.stringify(query)}: no track matches`, {
      hint: "a path below the mount point, or words of artist, album and title",
      exitCode: EXIT.notFound,
    });
  }

  /** The files among them that are fetched. Throws UserError when the cache could not hold them. */
  async #remote(tracks: readonly number[]): Promise<WantedFile[]> {
    const { queries, origins, settings: { cacheSizeBytes } } = this.#parts;
    const wanted: WantedFile[] = [];
    let bytes = 0;
    for (const [i, track] of tracks.entries()) {
      const [primary] = queries().copies(track);
      if (primary !== undefined && origins.source(primary.origin)?.origin.kind !== "local") {
        wanted.push({ file: primary.file, size: primary.size });
        bytes += primary.size;
      }
      if (i % LOOKED_AT_ONCE === 0) await othersFirst();
    }
    if (bytes <= cacheSizeBytes) return wanted;
    throw new UserError(
      `Cannot keep ${plural(wanted.length, "track")} of ${formatBytes(bytes)}: ` +
        `the cache holds ${formatBytes(cacheSizeBytes)}`,
      { hint: "cache.size in the configuration says how much" },
    );
  }

  /** Fetches what is not on this machine of the files; returns how many bytes that was. */
  async #fetchAll(
    what: "pin" | "warm",
    files: readonly WantedFile[],
    signal: AbortSignal,
  ): Promise<number> {
    const either = AbortSignal.any([this.#parts.signal, signal]);
    const total = files.reduce((sum, { size }) => sum + size, 0);
    const failures: unknown[] = [];
    const fetched = await this.#works.follow(what, total, async (at) => {
      let before = 0;
      let bytes = 0;
      for (const { file, size } of files) {
        let done = before;
        try {
          bytes += await this.#content.complete(
            file,
            WARM_BYTES,
            either,
            (piece) => at(done += piece),
          );
        } catch (error) {
          either.throwIfAborted();
          failures.push(error);
        }
        at(before += size);
      }
      return bytes;
    });
    if (failures.length === 0) return fetched;
    throw new UserError(
      `Cannot fetch ${failures.length} of ${plural(files.length, "track")}: ` +
        messageOf(failures[0]),
      {
        hint: "musicfs origin list says which origins answer; " +
          "the same command goes on where this one ended",
      },
    );
  }
}

/** Lets what is waiting be done in between. */
function othersFirst(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
