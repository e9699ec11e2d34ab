import type { Time } from "../../src/origins/mod.ts";

/** Turns of the event loop after which everything that a timer started has come to rest. */
const TURNS = 8;

/** A clock that moves only when the test says so. */
export class ManualTime implements Time {
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly call: () => void }>();

  /** The number of timers that wait. */
  get timers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.#now + ms, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets this many ms pass: runs each timer at its time, and waits after each until everything has come to rest. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#now = next.at;
      this.#timers.delete(next);
      next.call();
      await settle();
    }
    this.#now = end;
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < TURNS; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}
