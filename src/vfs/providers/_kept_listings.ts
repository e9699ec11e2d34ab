import { SEARCH_FRESH_MS, SEARCH_KEPT_MS, SEARCH_LISTINGS_MAX } from "../../base/mod.ts";
import type { SearchDirectory } from "./_search_directories.ts";

/** Milliseconds, and what is called when they have passed. */
export interface SearchTime {
  now(): number;
  /** Returns what takes the call back. */
  after(ms: number, call: () => void): () => void;
}

export const SYSTEM_TIME: SearchTime = {
  now: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    Deno.unrefTimer(timer);
    return () => clearTimeout(timer);
  },
};

/** The directories whose results are kept: a bounded number of them, each for as long as somebody looks at it. */
export class KeptListings {
  readonly #time: SearchTime;
  readonly #onOutdated: (directory: SearchDirectory) => void;
  /** The one that was used last stands at the end. */
  readonly #kept = new Set<SearchDirectory>();
  #stopTimer: (() => void) | undefined;

  /** `onOutdated` is called when the kernel must not keep what the directory was listed any longer. */
  constructor(time: SearchTime, onOutdated: (directory: SearchDirectory) => void) {
    this.#time = time;
    this.#onOutdated = onOutdated;
  }

  /** To be called when somebody looks into the directory. */
  use(directory: SearchDirectory): void {
    directory.usedAt = this.#time.now();
    if (this.#kept.delete(directory)) this.#kept.add(directory);
  }

  /** To be called when the directory has new results. */
  keep(directory: SearchDirectory): void {
    this.#kept.add(directory);
    this.use(directory);
    for (const oldest of this.#kept) {
      if (this.#kept.size <= SEARCH_LISTINGS_MAX) break;
      this.drop(oldest);
    }
    this.#watch();
  }

  /** To be called when entries of the directory were handed out. */
  listed(directory: SearchDirectory): void {
    directory.isListed = true;
    this.#watch();
  }

  drop(directory: SearchDirectory): void {
    this.#unlist(directory);
    this.#kept.delete(directory);
    directory.listing = directory.before = directory.error = undefined;
  }

  #unlist(directory: SearchDirectory): void {
    if (!directory.isListed) return;
    directory.isListed = false;
    this.#onOutdated(directory);
  }

  /** Sets the timer to when the next results are too old. */
  #watch(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    const due = Math.min(...[...this.#kept].map(dueAt));
    if (due === Infinity) return;
    this.#stopTimer = this.#time.after(Math.max(0, due - this.#time.now()), () => {
      const now = this.#time.now();
      for (const directory of [...this.#kept]) {
        if (now >= directory.usedAt + SEARCH_KEPT_MS) this.drop(directory);
        else if (now >= directory.askedAt + SEARCH_FRESH_MS) this.#unlist(directory);
      }
      this.#watch();
    });
  }
}

function dueAt({ isListed, askedAt, usedAt }: SearchDirectory): number {
  return Math.min(isListed ? askedAt + SEARCH_FRESH_MS : Infinity, usedAt + SEARCH_KEPT_MS);
}
