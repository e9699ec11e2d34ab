import { setImmediate } from "node:timers/promises";

/** Cuts long work into slices between which the event loop turns: timers and sockets wait for one slice at most. */
export class TimeSlices {
  readonly #sliceMs: number;
  #end: number;

  /** `sliceMs` is the length of a slice in ms. */
  constructor(sliceMs: number) {
    this.#sliceMs = sliceMs;
    this.#end = performance.now() + sliceMs;
  }

  /**
   * To be called between two steps of the work: undefined while the slice lasts, else a promise to await for one turn
   * of the event loop.
   */
  pause(): Promise<void> | undefined {
    return performance.now() < this.#end ? undefined : this.#turn();
  }

  async #turn(): Promise<void> {
    await setImmediate();
    this.#end = performance.now() + this.#sliceMs;
  }
}
