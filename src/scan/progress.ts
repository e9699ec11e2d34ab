import type { Clock } from "../base/mod.ts";

/** How far a scan has come. */
export interface ScanProgress {
  readonly listed: number;
  readonly read: number;
  /** Files per second that were lately found unchanged or read. */
  readonly per_second: number;
  /** The remaining time in ms; null while the number of files is not known. */
  readonly eta_ms: number | null;
}

const REPORT_MS = 250;

/** Reports how far a scan has come, at most four times a second. */
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

  /** To be called when it is known how many files there are. */
  expect(files: number): void {
    this.#expected = files;
  }

  /** `done` counts the listed files that are unchanged or have been read. */
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
