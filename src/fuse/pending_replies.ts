import { ERRNO } from "./errno.ts";
import type { Reply } from "./reply.ts";
import type { Request } from "./request.ts";

/** How many large buffers are kept for the next answers that take their time. */
const SPARE_MAX = 4;

interface Later<T> {
  reply(): Reply;
  build(reply: Reply, value: T): number;
  /** The value came, and nobody will take it: `built` when `build` had been called. */
  unwanted?(value: T, built: boolean): void;
  readonly reusable?: Reply;
}

/** Answers that could not be given at once, by the identity of their request. */
export class PendingReplies {
  readonly #byUnique = new Map<number, { interrupted: boolean; answer: () => void }>();
  readonly #spare: Reply[] = [];
  readonly #errno: (error: unknown) => number;
  readonly #send: (bytes: Uint8Array<ArrayBuffer>, length: number) => boolean;

  constructor(
    errno: (error: unknown) => number,
    send: (bytes: Uint8Array<ArrayBuffer>, length: number) => boolean,
  ) {
    this.#errno = errno;
    this.#send = send;
  }

  get size(): number {
    return this.#byUnique.size;
  }

  /** A buffer that served an earlier answer. */
  spare(): Reply | undefined {
    return this.#spare.pop();
  }

  add<T>(request: Request, value: Promise<T>, later: Later<T>): void {
    const { uniqueLow, uniqueHigh } = request;
    const key = keyOf(uniqueLow, uniqueHigh);
    const interrupted = () => {
      const reply = new InterruptedReply(uniqueLow, uniqueHigh);
      this.#send(reply.bytes, reply.bytes.length);
    };
    const entry = { interrupted: false, answer: interrupted };
    this.#byUnique.set(key, entry);
    const finish = (build: (reply: Reply) => number): boolean => {
      this.#byUnique.delete(key);
      const reply = later.reply();
      reply.to(uniqueLow, uniqueHigh);
      return this.#send(reply.bytes, build(reply));
    };
    value.then(
      (result) => {
        if (entry.interrupted) later.unwanted?.(result, false);
        else if (!finish((reply) => later.build(reply, result))) later.unwanted?.(result, true);
      },
      (error) => {
        if (!entry.interrupted) finish((reply) => reply.error(this.#errno(error)));
      },
    ).finally(() => {
      if (later.reusable && this.#spare.length < SPARE_MAX) this.#spare.push(later.reusable);
    });
  }

  /** The one who asked was signalled: answers EINTR, and drops the value when it comes. */
  interrupt(uniqueLow: number, uniqueHigh: number): void {
    const key = keyOf(uniqueLow, uniqueHigh);
    const entry = this.#byUnique.get(key);
    if (!entry) return;
    this.#byUnique.delete(key);
    entry.interrupted = true;
    entry.answer();
  }
}

class InterruptedReply {
  readonly bytes = new Uint8Array(16);
  constructor(uniqueLow: number, uniqueHigh: number) {
    const words = new Uint32Array(this.bytes.buffer);
    words.set([16, -ERRNO.EINTR, uniqueLow, uniqueHigh]);
  }
}

/** Identities count up by two from zero; 2^53 of them outlast any mount. */
function keyOf(low: number, high: number): number {
  return high * 2 ** 32 + low;
}
