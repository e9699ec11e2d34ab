import type { CacheQueries } from "../../../projections/mod.ts";
import { type Logger, messageOf, plural, TimeSlices } from "../../base/mod.ts";
import type { ChunkStore } from "../store/mod.ts";
import type { StoreKeeper } from "./store_keeper.ts";

/** How often the store is swept while nothing says that it needs to be, in ms. */
const SWEEP_MS = 24 * 3_600_000;
/** Chunks are examined for this long, in ms, then other work gets a turn. */
const SLICE_MS = 5;
/** Chunks that one query returns; the lost ones among them are noted together. */
const AT_ONCE = 256;

export interface StoreSweepParts {
  readonly store: ChunkStore;
  readonly content: () => CacheQueries;
  readonly keeper: StoreKeeper;
  /** Called when chunks were found to be gone: pinned tracks may need them. */
  readonly onLost: () => void;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Makes the chunks in the store and those that the log promises the same. It deletes files that no promise names, as a
 * crash leaves them, and takes back promises whose file is gone. It reads no bytes of chunks. It does so when chunks
 * came or went while no engine was there, and once a day.
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

  /** Sweeps the store, unless nothing says that this is needed; resolves when that is over. Never rejects. */
  run(): Promise<void> {
    // A chunk for which this call was made may be in a place that a running sweep has passed: so another sweep follows.
    this.#isAgain = true;
    return this.#running ??= this.#runs().finally(() => this.#running = undefined);
  }

  /** Resolves when no sweep is running. Chunks that come or go later are left to the sweep of the next engine. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
    if (!this.#isDone) return;
    try {
      this.#parts.store.settle();
    } catch {
      // The disk is full or away: the next engine sweeps the store once more.
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
