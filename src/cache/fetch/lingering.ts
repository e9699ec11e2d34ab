import type { Delivery } from "./delivery.ts";

/**
 * Most bytes that linger, together. A reader that comes too late finds its bytes in the store, or has them fetched
 * again.
 */
export const LINGER_BYTES_MAX = 32 * 1024 * 1024;

interface Held {
  /** When the delivery will be closed, in ms of `performance.now`. */
  readonly due: number;
  readonly onClosed: () => void;
}

/** Deliveries that have ended, and whose memory stays open for a while. */
export class Lingering {
  /** In the order in which they will be closed. */
  readonly #deliveries = new Map<Delivery, Held>();
  readonly #ms: number;
  #bytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Each delivery stays open for this many ms. */
  constructor(ms: number) {
    this.#ms = ms;
  }

  add(delivery: Delivery, onClosed: () => void = () => {}): void {
    this.#deliveries.set(delivery, { due: performance.now() + this.#ms, onClosed });
    this.#bytes += delivery.to - delivery.from;
    this.#closeDue();
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const delivery of this.#deliveries.keys()) this.#drop(delivery);
  }

  #closeDue(): void {
    clearTimeout(this.#timer);
    for (const [delivery, { due }] of this.#deliveries) {
      const left = due - performance.now();
      if (left > 0 && this.#bytes <= LINGER_BYTES_MAX) {
        this.#timer = setTimeout(() => this.#closeDue(), left);
        return;
      }
      this.#drop(delivery);
    }
  }

  #drop(delivery: Delivery): void {
    const held = this.#deliveries.get(delivery);
    this.#deliveries.delete(delivery);
    this.#bytes -= delivery.to - delivery.from;
    delivery.close();
    held?.onClosed();
  }
}
