import { systemTime, type Time } from "../origins/mod.ts";

/** Before the second scan in a row, then twice that, and so on. */
const WAIT_MS = 60_000;
const WAIT_MS_MAX = 3_600_000;

interface Pace {
  wait_ms: number;
  /** Begins what waits; undefined while nothing does. */
  callOff: (() => void) | undefined;
  earliest: number;
}

/**
 * When to scan an origin again that came back and whose last scan had failed: at once the first time, and ever later
 * while that goes on. Each scan lists all of the origin, which takes its time, and in a bucket costs money.
 */
export class RescanPace {
  readonly #begin: (origin: string) => void;
  readonly #time: Time;
  readonly #paces = new Map<string, Pace>();

  constructor(begin: (origin: string) => void, time: Time = systemTime) {
    this.#begin = begin;
    this.#time = time;
  }

  /** The origin answers again, and its last scan failed. */
  cameBack(origin: string): void {
    const now = this.#time.now();
    const pace = this.#paces.get(origin) ??
      { wait_ms: WAIT_MS, callOff: undefined, earliest: now };
    this.#paces.set(origin, pace);
    if (pace.callOff !== undefined) return;
    const begin = () => {
      pace.callOff = undefined;
      pace.earliest = this.#time.now() + pace.wait_ms;
      pace.wait_ms = Math.min(pace.wait_ms * 2, WAIT_MS_MAX);
      this.#begin(origin);
    };
    if (pace.earliest <= now) begin();
    else pace.callOff = this.#time.after(pace.earliest - now, begin);
  }

  /** A scan of the origin came to a good end. */
  completed(origin: string): void {
    this.#paces.get(origin)?.callOff?.();
    this.#paces.delete(origin);
  }

  close(): void {
    for (const origin of [...this.#paces.keys()]) this.completed(origin);
  }
}
