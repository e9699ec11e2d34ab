import { type FileId, type Logger, messageOf, type TrackId } from "../base/mod.ts";
import type { FetchReply } from "../control/protocol.ts";
import { reserveOpenFiles } from "../posix/mod.ts";
import type { CacheAccess, FileRange, StoredChunks } from "../vfs/mod.ts";
import { type AskOptions, EngineGone } from "./supervisor.ts";

export interface EngineCacheOptions {
  readonly chunksDirectory: string;
  /** How many chunk files may stay open for the next read; with 0 or without it, none. */
  readonly keepOpen?: number;
  readonly logger: Logger;
  /** Sends a request to the engine. */
  readonly ask: (method: string, params: unknown, options: AskOptions) => Promise<unknown>;
}

/**
 * What the file system needs of the cache: chunk files, which the mount reads itself, and the engine, which fetches
 * the rest.
 */
export class EngineCache implements CacheAccess {
  readonly #options: EngineCacheOptions;
  #chunks: StoredChunks | undefined;
  #loading: Promise<StoredChunks> | undefined;

  constructor(options: EngineCacheOptions) {
    this.#options = options;
  }

  chunks(): StoredChunks | Promise<StoredChunks> {
    return this.#chunks ?? (this.#loading ??= this.#load());
  }

  async fetch(range: FileRange, signal: AbortSignal): Promise<FetchReply> {
    // The reader has one deadline for everything that is tried for it, and aborts the signal when it is over.
    const options = { deadlineMs: Infinity, signal };
    return await this.#options.ask("content.fetch", range, options) as FetchReply;
  }

  ahead(range: FileRange): void {
    this.#tell("content.ahead", range);
  }

  heard(track: TrackId): void {
    this.#tell("content.heard", { track });
  }

  played(track: TrackId): void {
    const { ask, logger } = this.#options;
    // No deadline: the engine may be busy for long, and a play whose request is given up is lost.
    ask("content.played", { track }, { deadlineMs: Infinity }).catch((error) =>
      logger.warn(`Cannot note that track ${track} was played: ${messageOf(error)}`)
    );
  }

  used(files: readonly FileId[]): void {
    this.#tell("content.used", { files });
  }

  corrupt(hash: string, reason: string): Promise<void> {
    this.#options.logger.warn(`Cannot use the cached chunk ${hash}: ${reason}`);
    return this.#tell("content.corrupt", { hash, reason });
  }

  /** Loads the code that reads chunks, which a mount with only local origins never needs. */
  async #load(): Promise<StoredChunks> {
    try {
      const { DiskChunkStore, loadChecksum, VerifiedChunks } = await import(
        import.meta.resolve("../cache/store/mod.ts")
      ) as typeof import("../cache/store/mod.ts");
      const { chunksDirectory, keepOpen = 0 } = this.#options;
      if (keepOpen > 0) reserveOpenFiles(keepOpen);
      const store = new DiskChunkStore(chunksDirectory, await loadChecksum(), { keepOpen });
      return this.#chunks = new VerifiedChunks(store);
    } finally {
      this.#loading = undefined;
    }
  }

  async #tell(method: string, params: unknown): Promise<void> {
    try {
      await this.#options.ask(method, params, {});
    } catch (error) {
      // These requests are hints: when one fails, nothing is wrong with what the reader got, so one line at level
      // debug is enough.
      if (!(error instanceof EngineGone)) this.#options.logger.debug(messageOf(error));
    }
  }
}
