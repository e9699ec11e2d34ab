/** The bytes that may be under way: at first, at least, and at most. */
const FIRST_BYTES = 512 * 1024;
const LEAST_BYTES = 128 * 1024;
const MOST_BYTES = 16 * 1024 * 1024;
/**
 * How long answers may queue behind others on the link. Below the first value the window grows, above the second it
 * shrinks.
 */
const QUEUE_SHORT_MS = 100;
const QUEUE_LONG_MS = 200;

/**
 * How many bytes of reads may be under way on a connection: enough to fill the link, and not much more. Answers come
 * one after the other, so a new request waits until everything before it has arrived; on a link of 10 Mbit/s, 16 MiB
 * would take 13 s. The window follows the time by which answers take longer than the fastest one.
 */
export class FlightWindow {
  #bytes = FIRST_BYTES;
  #underWay = 0;
  #least_ms = Infinity;

  get bytes(): number {
    return this.#bytes;
  }

  get underWay(): number {
    return this.#underWay;
  }

  /** The most that one request should ask for, so that several are under way. */
  get pieceBytes(): number {
    return this.#bytes / 4;
  }

  hasRoom(bytes: number): boolean {
    return this.#underWay + bytes <= this.#bytes;
  }

  take(bytes: number): void {
    this.#underWay += bytes;
  }

  /** To be called when bytes have arrived and were handed on, or are not wanted any more. */
  release(bytes: number): void {
    this.#underWay -= bytes;
  }

  /** To be called when an answer arrived: its bytes, and the time since its request in ms. */
  arrived(bytes: number, took_ms: number): void {
    this.#least_ms = Math.min(this.#least_ms, took_ms);
    const queued_ms = took_ms - this.#least_ms;
    const isUsed = this.#underWay * 2 >= this.#bytes;
    if (queued_ms < QUEUE_SHORT_MS && isUsed) {
      this.#bytes = Math.min(MOST_BYTES, this.#bytes + bytes);
    } else if (queued_ms > QUEUE_LONG_MS) {
      this.#bytes = Math.max(LEAST_BYTES, this.#bytes - bytes / 2);
    }
  }
}
