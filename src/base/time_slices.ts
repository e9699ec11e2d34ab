import { setImmediate } from "node:timers/promises";

/** Long work in slices, so that the event loop turns in between: timers and sockets wait no longer than for one. */
export class TimeSlices {
  readonly #sliceMs: number;
  #end: number;

  /** `sliceMs`: how long is worked at a time. */
  constructor(sliceMs: number) {
    this.#sliceMs = sliceMs;
    this.#end = performance.now() + sliceMs;
  }

  /** To be asked between two steps: undefined while there is time left, a turn of the event loop when there is none. */
  pause(): Promise<void> | undefined {
    return performance.now() < this.#end ? undefined : this.#turn();
  }

  async #turn(): Promise<void> {
    await setImmediate();
    this.#end = performance.now() + this.#sliceMs;
  }
}
