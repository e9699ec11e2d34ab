import type { Clock } from "../base/mod.ts";

/** How far a scan is. */
export interface ScanProgress {
  readonly listed: number;
  readonly read: number;
  /** Files a second that were found unchanged or were read, lately. */
  readonly per_second: number;
  /** Null while it isn't known how many files there are. */
  readonly eta_ms: number | null;
}

const REPORT_MS = 250;

/** Tells how far a scan is, four times a second at most. */
export class ProgressReport {
  readonly #clock: Clock;
  #expected: number;
  readonly #onProgress: (progress: ScanProgress) => void;
  #at: number;
  #done = 0;
  #perSecond = 0;

  constructor(clock: Clock, expected: number, onProgress: (progress: ScanProgress) => void) {
    this.#clock = clock;
    this.#expected = expected;
    this.#onProgress = onProgress;
    this.#at = clock.now();
  }

  /** There are this many files. */
  expect(files: number): void {
    this.#expected = files;
  }

  /** `done` are the listed files that are unchanged or have been read. */
  update({ listed, read, done }: { listed: number; read: number; done: number }): void {
    const now = this.#clock.now();
    const elapsed = now - this.#at;
    if (elapsed < REPORT_MS) return;
    const latest = (done - this.#done) * 1000 / elapsed;
    this.#perSecond = this.#perSecond === 0 ? latest : (this.#perSecond + latest) / 2;
    this.#at = now;
    this.#done = done;
    const left = this.#expected - done;
    const eta_ms = left > 0 && this.#perSecond > 0
      ? Math.round(left * 1000 / this.#perSecond)
      : null;
    this.#onProgress({ listed, read, per_second: Math.round(this.#perSecond), eta_ms });
  }
}
