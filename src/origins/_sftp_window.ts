/** What may be under way at first, at least, and at most. */
const FIRST_BYTES = 512 * 1024;
const LEAST_BYTES = 128 * 1024;
const MOST_BYTES = 16 * 1024 * 1024;
/** How long an answer may have waited behind others on the way: below the first there is room for more. */
const QUEUE_SHORT_MS = 100;
const QUEUE_LONG_MS = 200;

/**
 * How many bytes of reads may be under way on a connection. Enough to fill the link, and not much more: all answers
 * come one behind the other, so that what is asked for next waits until everything before it has arrived. On a link of
 * 10 Mbit/s, 16 MiB would be 13 s. So it is told by the time that answers take beyond the least that any one took.
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

  /** The most that one question should ask for, so that several are under way. */
  get pieceBytes(): number {
    return this.#bytes / 4;
  }

  hasRoom(bytes: number): boolean {
    return this.#underWay + bytes <= this.#bytes;
  }

  take(bytes: number): void {
    this.#underWay += bytes;
  }

  /** What was taken has arrived and was handed on, or is not wanted any more. */
  release(bytes: number): void {
    this.#underWay -= bytes;
  }

  /** An answer of so many bytes came so long after it was asked for. */
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
