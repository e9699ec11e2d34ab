import type { MusicEvent } from "../../events/mod.ts";
import type { ContentQueries, LibraryQueries } from "../../projections/mod.ts";
import { EXIT, FileSystemError, type Logger, messageOf, UserError } from "../base/mod.ts";
import { type ChunkStore, DiskChunkStore, loadChecksum } from "../chunks/mod.ts";
import { chunksDirectory } from "../config/places.ts";
import type { Settings } from "../config/settings.ts";
import { Content, type ContentRange, Keeper, Prefetcher, type Verified } from "../content/mod.ts";
import type { CacheChange, FetchReply } from "../control/protocol.ts";
import type { Origins } from "./origins.ts";

/** Fetched in one go when a person asked for whole tracks. */
const WARM_BYTES = 4 * 1024 * 1024;
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
  readonly lastSeq: () => number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Everything the engine is asked about content: the bytes of files, and what is kept of them. */
export class CacheService {
  readonly #parts: CacheServiceParts;
  readonly #keeper: Keeper;
  readonly #content: Content;
  readonly #prefetcher: Prefetcher;
  #following: Promise<void> = Promise.resolve();

  private constructor(parts: CacheServiceParts, store: ChunkStore) {
    this.#parts = parts;
    const { settings, queries, content, append, origins, logger, signal } = parts;
    const now = () => Date.now();
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
      complete: (file, pieceBytes, either) => this.#content.complete(file, pieceBytes, either),
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

  verify(): Promise<Verified> {
    return this.#keeper.verify(this.#parts.signal);
  }

  /** Keeps what the query finds, from now on, and fetches what is missing of it. */
  async pin(query: string): Promise<CacheChange> {
    const tracks = this.#matching(query);
    await this.#parts.append([{ type: "TracksPinned", v: 1, data: { query, tracks } }]);
    return await this.#fetchAll(tracks);
  }

  async unpin(query: string): Promise<CacheChange> {
    const named = this.#parts.content().tracksOfPin(query);
    const tracks = named.length > 0 ? named : this.#matching(query);
    await this.#parts.append([{ type: "TracksUnpinned", v: 1, data: { query, tracks } }]);
    await this.#keeper.trim();
    return { tracks: tracks.length, bytes: 0 };
  }

  async warm(query: string): Promise<CacheChange> {
    return await this.#fetchAll(this.#matching(query));
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

  #matching(query: string): number[] {
    const tracks = [...this.#parts.content().tracksMatching(query)]
      .flatMap((page) => page.map(({ track }) => track));
    if (tracks.length > 0) return tracks;
    throw new UserError(`Cannot find ${JSON.stringify(query)}: no track matches`, {
      hint: "a path below the mount point, or words of artist, album and title",
      exitCode: EXIT.notFound,
    });
  }

  /** Fetches whole tracks, as far as they are not on this machine. */
  async #fetchAll(tracks: readonly number[]): Promise<CacheChange> {
    const { queries, origins, signal } = this.#parts;
    let bytes = 0;
    for (const track of tracks) {
      const [primary] = queries().copies(track);
      if (primary === undefined || origins.source(primary.origin)?.origin.kind === "local") {
        continue;
      }
      bytes += await this.#content.complete(primary.file, WARM_BYTES, signal);
    }
    return { tracks: tracks.length, bytes };
  }
}
