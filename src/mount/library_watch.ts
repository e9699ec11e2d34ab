/** How often it is looked whether the library is there, ms. A look is two small calls to the disk. */
const LOOK_MS = 5_000;

export interface LibraryWatchParts {
  /** Whether the library file that is read is the one that others find. */
  readonly isThere: () => boolean;
  /** Brings it back, or another one; looks go on when that is over. */
  readonly restore: () => Promise<void>;
  readonly lookMs?: number;
}

/**
 * Somebody may delete the cache directory while it is in use: what is open stays readable, and nobody else finds it any
 * more. Does not keep the process alive.
 */
export class LibraryWatch {
  readonly #timer: ReturnType<typeof setInterval>;
  #isRestoring = false;

  constructor({ isThere, restore, lookMs = LOOK_MS }: LibraryWatchParts) {
    this.#timer = setInterval(() => {
      if (this.#isRestoring || isThere()) return;
      this.#isRestoring = true;
      void restore().finally(() => this.#isRestoring = false);
    }, lookMs);
    Deno.unrefTimer(this.#timer);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
