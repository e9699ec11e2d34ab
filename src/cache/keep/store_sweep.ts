import type { CacheQueries } from "../../../projections/mod.ts";
import { type Logger, messageOf, plural, TimeSlices } from "../../base/mod.ts";
import type { ChunkStore } from "../store/mod.ts";
import type { StoreKeeper } from "./store_keeper.ts";

/** How often all of the store is looked at while nothing says that it needs to be, in ms. */
const SWEEP_MS = 24 * 3_600_000;
/** Chunks are looked at for so long, then others have their turn. */
const SLICE_MS = 5;
/** Chunks that are asked for in one go, and those of them that are lost are noted in one go. */
const AT_ONCE = 256;

export interface StoreSweepParts {
  readonly store: ChunkStore;
  readonly content: () => CacheQueries;
  readonly keeper: StoreKeeper;
  /** Called when chunks were gone: some of them may be wanted. */
  readonly onLost: () => void;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Brings the chunks that lie in the store and those that the log promises together: files that no promise names, as a crash
 * leaves them, are deleted, and promises whose file is gone are taken back. No byte is read of any chunk. It is done
 * when something came or went while no engine was there, and once a day.
 */
export class StoreSweep {
  readonly #parts: StoreSweepParts;
  #running: Promise<void> | undefined;
  #isDone = false;
  #isAgain = false;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(parts: StoreSweepParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.run(), SWEEP_MS);
  }

  /** Resolves when the store was looked at; at once when nothing says that it needs to be. Never rejects. */
  run(): Promise<void> {
    // What is asked for while it is looked may be in a place that was looked at already.
    this.#isAgain = true;
    return this.#running ??= this.#runs().finally(() => this.#running = undefined);
  }

  /** What is stored from here on is left for the next one to look at. Resolves when nothing goes on any more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
    if (!this.#isDone) return;
    try {
      this.#parts.store.settle();
    } catch {
      // Its disk is full or away: it is looked at once more.
    }
  }

  async #runs(): Promise<void> {
    while (this.#isAgain) {
      this.#isAgain = false;
      await this.#run();
    }
  }

  async #run(): Promise<void> {
    const { store, keeper, logger, signal } = this.#parts;
    try {
      if (keeper.isKnown && !store.isSettled()) {
        const lost = await this.#dropLost();
        const orphans = await this.#dropOrphans();
        if (lost > 0) {
          logger.warn(`${plural(lost, "chunk")} of the cache had no file any more`);
          this.#parts.onLost();
        }
        if (orphans > 0) {
          logger.info(`deleted ${plural(orphans, "chunk file")} that nothing in the library needs`);
        }
        store.settle();
      }
      this.#isDone = true;
    } catch (error) {
      if (!signal.aborted) logger.warn(`cannot look through the cache: ${messageOf(error)}`);
    }
  }

  async #dropLost(): Promise<number> {
    const { content, store, keeper, signal } = this.#parts;
    const slices = new TimeSlices(SLICE_MS);
    let lost = 0;
    for (let after = 0;;) {
      const chunks = content().chunks(after, AT_ONCE);
      if (chunks.length === 0) return lost;
      const gone = [];
      for (const chunk of chunks) {
        after = chunk.id;
        if (!store.has(chunk.hash, chunk.length)) gone.push(chunk);
        await slices.pause();
        signal.throwIfAborted();
      }
      if (gone.length > 0) lost += await keeper.dropLost(gone);
    }
  }

  async #dropOrphans(): Promise<number> {
    const { store, keeper, signal } = this.#parts;
    const slices = new TimeSlices(SLICE_MS);
    let orphans = 0;
    for (const { hash } of store.list()) {
      if (await keeper.dropOrphan(hash)) orphans++;
      await slices.pause();
      signal.throwIfAborted();
    }
    return orphans;
  }
}
