/** How often the library file is looked for, in ms. A look is two small calls to the disk. */
const LOOK_MS = 5_000;

export interface LibraryWatchParts {
  /** Whether the library file that is open here is still the one at its path. */
  readonly isThere: () => boolean;
  /** Makes the library anew. No look is taken until it resolves. */
  readonly restore: () => Promise<void>;
  readonly lookMs?: number;
}

/**
 * Notices that somebody deleted the cache directory while it is in use: the open file stays readable here, while
 * other programs no longer find it. Its timer does not keep the process alive.
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
