import { type FileId, FileSystemError, LOG_START } from "../../src/base/mod.ts";
import { VerifiedChunks } from "../../src/cache/store/mod.ts";
import type { FetchReply } from "../../src/control/protocol.ts";
import type { CacheAccess, FileRange } from "../../src/vfs/mod.ts";
import type { ContentWorld } from "./content_world.ts";

/** A {@link ContentWorld} as a file system reaches it: with the engine's fetcher and keeper in this process. */
export class WorldCache implements CacheAccess {
  readonly aheads: FileRange[] = [];
  readonly #world: ContentWorld;
  readonly #chunks: VerifiedChunks;

  constructor(world: ContentWorld) {
    this.#world = world;
    this.#chunks = new VerifiedChunks(world.store);
  }

  chunks() {
    return this.#chunks;
  }

  async fetch(range: FileRange): Promise<FetchReply> {
    try {
      const deliveries = await this.#world.fetcher.fetch(range);
      const shared = deliveries.map(({ from, arrived: to, memory: { fd, name } }) => (
        { from, to, fd, name, base: from }
      ));
      return { pid: Deno.pid, shared, last_seq: LOG_START };
    } catch (error) {
      if (error instanceof FileSystemError) return { errno: error.errno, message: error.message };
      throw error;
    }
  }

  ahead(range: FileRange): void {
    this.aheads.push(range);
    this.#world.fetcher.ahead(range).catch(() => {});
  }

  heard(): void {}

  played(): void {}

  used(files: readonly FileId[]): void {
    this.#world.keeper.touch(files);
  }

  corrupt(hash: string, reason: string): Promise<void> {
    return this.#world.keeper.corrupt(hash, reason).catch(() => {});
  }
}
