import type { Clock } from "../base/mod.ts";

const DAY_MS = 86_400_000;

/** What was read from an origin up to a moment, in bytes. */
export interface EgressCount {
  /** ms since the epoch. */
  readonly at: number;
  /** On the day (UTC) of that moment. */
  readonly today: number;
  readonly total: number;
}

/** Bytes of files that are read from an origin: on this day (UTC), and ever. */
export class Egress {
  readonly #clock: Clock;
  #day: number;
  #today: number;
  #total: number;

  /** Goes on from what was counted before. */
  constructor(clock: Clock, known: EgressCount = { at: 0, today: 0, total: 0 }) {
    this.#clock = clock;
    this.#day = Math.floor(known.at / DAY_MS);
    this.#today = known.today;
    this.#total = known.total;
  }

  get today(): number {
    this.#turnDay();
    return this.#today;
  }

  get total(): number {
    return this.#total;
  }

  add(bytes: number): void {
    this.#turnDay();
    this.#today += bytes;
    this.#total += bytes;
  }

  /**
   * A clock that is set back a little, as over midnight, brings no new day: it would give the budget anew. One that was
   * wrong by days does, or the budget would be used up until the date that it showed.
   */
  #turnDay(): void {
    const day = Math.floor(this.#clock.now() / DAY_MS);
    if (day === this.#day || day === this.#day - 1) return;
    this.#day = day;
    this.#today = 0;
  }
}
