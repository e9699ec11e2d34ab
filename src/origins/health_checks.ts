import { HEALTH_CHECK_MS } from "../base/mod.ts";
import type { Origin } from "./origin.ts";
import { systemTime, type Time } from "./time.ts";

/**
 * Asks origins again and again whether they are there, each for itself, the next time so long after the last answer.
 * Nothing is done with what they say: an origin that is guarded learns of it by itself.
 */
export class HealthChecks {
  readonly #ms: number;
  readonly #time: Time;
  readonly #stops = new Set<() => void>();

  constructor(ms: number = HEALTH_CHECK_MS, time: Time = systemTime) {
    this.#ms = ms;
    this.#time = time;
  }

  /** Checks an origin now, and from now on; what it returns ends that. */
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
