import type { Time } from "../time.ts";

/** How much unused time a reader may catch up on after a pause, in ms. */
const BURST_MS = 100;

interface Waiting {
  readonly bytes: number;
  readonly pass: () => void;
}

/**
 * A limit of bytes per second that all readers of an origin share. A piece passes once those before it are paid for.
 * Bytes that a caller waits for pass before bytes that are read ahead.
 */
export class Bandwidth {
  readonly #bytesPerMs: number;
  readonly #time: Time;
  readonly #foreground: Waiting[] = [];
  readonly #background: Waiting[] = [];
  /** When everything that has passed is paid for, on the clock of `Time`. */
  #paidAt = -Infinity;
  #callOff: (() => void) | undefined;

  constructor(bytesPerSecond: number, time: Time) {
    this.#bytesPerMs = bytesPerSecond / 1_000;
    this.#time = time;
  }

  /** Resolves when this many bytes may pass; rejects with the signal's reason. */
  take(bytes: number, isBackground: boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const queue = isBackground ? this.#background : this.#foreground;
      const onAbort = () => {
        queue.splice(queue.indexOf(waiting), 1);
        reject(signal?.reason);
      };
      const waiting = {
        bytes,
        pass: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      queue.push(waiting);
      if (this.#callOff === undefined) this.#letPass();
    });
  }

  #letPass(): void {
    this.#callOff = undefined;
    const now = this.#time.now();
    this.#paidAt = Math.max(this.#paidAt, now - BURST_MS);
    while (this.#paidAt <= now) {
      const next = this.#foreground.shift() ?? this.#background.shift();
      if (next === undefined) return;
      this.#paidAt += next.bytes / this.#bytesPerMs;
      next.pass();
    }
    if (this.#foreground.length + this.#background.length === 0) return;
    this.#callOff = this.#time.after(this.#paidAt - now, () => this.#letPass());
  }
}
