import { HEALTH_CHECK_MS } from "../../base/mod.ts";
import type { Origin } from "../origin.ts";
import { systemTime, type Time } from "../time.ts";

/**
 * Checks origins again and again, each by itself, with a fixed wait after each answer. The answers are not used here:
 * a guarded origin learns from them by itself.
 */
export class HealthChecks {
  readonly #ms: number;
  readonly #time: Time;
  readonly #stops = new Set<() => void>();

  constructor(ms: number = HEALTH_CHECK_MS, time: Time = systemTime) {
    this.#ms = ms;
    this.#time = time;
  }

  /** Checks an origin now and from now on. The returned function ends that. */
  watch(origin: Pick<Origin, "check">): () => void {
    const abort = new AbortController();
    let callOff = () => {};
    const check = async () => {
      await origin.check({ signal: abort.signal }).catch(() => {});
      if (!abort.signal.aborted) callOff = this.#time.after(this.#ms, () => void check());
    };
    const stop = () => {
      this.#stops.delete(stop);
      callOff();
      abort.abort(new Error("Nobody asks any more"));
    };
    this.#stops.add(stop);
    void check();
    return stop;
  }

  stop(): void {
    for (const stop of [...this.#stops]) stop();
  }
}
