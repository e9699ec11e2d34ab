import type { Clock } from "../../base/mod.ts";

const DAY_MS = 86_400_000;

/** The bytes that were read from an origin up to a moment. */
export interface EgressCount {
  /** ms since the epoch. */
  readonly at: number;
  /** The bytes of that moment's day (UTC). */
  readonly today: number;
  readonly total: number;
}

/** Counts the bytes of files that are read from an origin: on this day (UTC), and in all. */
export class Egress {
  readonly #clock: Clock;
  #day: number;
  #today: number;
  #total: number;

  /** Continues an earlier count. */
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
   * Begins a new day unless the clock went back by one: a clock set back over midnight must not give the budget anew.
   * A clock that was wrong by days begins a new day in either direction, or the budget would stay used up until the
   * wrong date.
   */
  #turnDay(): void {
    const day = Math.floor(this.#clock.now() / DAY_MS);
    if (day === this.#day || day === this.#day - 1) return;
    this.#day = day;
    this.#today = 0;
  }
}
