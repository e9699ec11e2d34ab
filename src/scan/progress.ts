import type { Clock } from "../base/mod.ts";

/** How far a scan is. */
export interface ScanProgress {
  readonly listed: number;
  readonly read: number;
  /** Listed files a second, lately. */
  readonly per_second: number;
  /** Undecided when it isn't known how many files there are. */
  readonly eta_ms: number | null;
}

const REPORT_MS = 250;

/** Tells how far a scan is, four times a second at most. */
export class ProgressReport {
  readonly #clock: Clock;
  readonly #expected: number;
  readonly #onProgress: (progress: ScanProgress) => void;
  #at: number;
  #listed = 0;
  #perSecond = 0;

  constructor(clock: Clock, expected: number, onProgress: (progress: ScanProgress) => void) {
    this.#clock = clock;
    this.#expected = expected;
    this.#onProgress = onProgress;
    this.#at = clock.now();
  }

  update(listed: number, read: number): void {
    const now = this.#clock.now();
    const elapsed = now - this.#at;
    if (elapsed < REPORT_MS) return;
    const latest = (listed - this.#listed) * 1000 / elapsed;
    this.#perSecond = this.#perSecond === 0 ? latest : (this.#perSecond + latest) / 2;
    this.#at = now;
    this.#listed = listed;
    const left = this.#expected - listed;
    const eta_ms = left > 0 && this.#perSecond > 0
      ? Math.round(left * 1000 / this.#perSecond)
      : null;
    this.#onProgress({ listed, read, per_second: Math.round(this.#perSecond), eta_ms });
  }
}
