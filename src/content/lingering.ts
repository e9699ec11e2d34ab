import type { Delivery } from "./delivery.ts";

/** What is stored can still be opened in memory for so long: an answer that names it may be on its way. */
const LINGER_MS = 3_000;
/** Of so much at most: who comes too late finds it in the store. */
const LINGER_BYTES_MAX = 32 * 1024 * 1024;

/** Deliveries that are stored, or of no more use, and still open for who was told of them. */
export class Lingering {
  /** With when they are closed, the earliest first. */
  readonly #deliveries = new Map<Delivery, number>();
  #bytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  add(delivery: Delivery): void {
    this.#deliveries.set(delivery, performance.now() + LINGER_MS);
    this.#bytes += delivery.to - delivery.from;
    this.#closeDue();
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const delivery of this.#deliveries.keys()) this.#drop(delivery);
  }

  #closeDue(): void {
    clearTimeout(this.#timer);
    for (const [delivery, due] of this.#deliveries) {
      const left = due - performance.now();
      if (left > 0 && this.#bytes <= LINGER_BYTES_MAX) {
        this.#timer = setTimeout(() => this.#closeDue(), left);
        return;
      }
      this.#drop(delivery);
    }
  }

  #drop(delivery: Delivery): void {
    this.#deliveries.delete(delivery);
    this.#bytes -= delivery.to - delivery.from;
    delivery.close();
  }
}
