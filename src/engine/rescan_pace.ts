import { systemTime, type Time } from "../origins/mod.ts";

/** The wait before the second scan in a row. It doubles for each further one, up to the maximum. */
const WAIT_MS = 60_000;
const WAIT_MS_MAX = 3_600_000;

interface Pace {
  wait_ms: number;
  /** Cancels the scan that is waiting; undefined when none is. */
  callOff: (() => void) | undefined;
  earliest: number;
}

/**
 * Decides when to scan an origin again that came back and whose last scan failed: at once the first time, and later
 * and later while that goes on. Every scan lists the whole origin, which takes time, and in a bucket costs money.
 */
export class RescanPace {
  readonly #begin: (origin: string) => void;
  readonly #time: Time;
  readonly #paces = new Map<string, Pace>();

  constructor(begin: (origin: string) => void, time: Time = systemTime) {
    this.#begin = begin;
    this.#time = time;
  }

  /** To be called when the origin answers again and its last scan had failed. */
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

  /** To be called when a scan of the origin has succeeded. */
  completed(origin: string): void {
    this.#paces.get(origin)?.callOff?.();
    this.#paces.delete(origin);
  }

  close(): void {
    for (const origin of [...this.#paces.keys()]) this.completed(origin);
  }
}
