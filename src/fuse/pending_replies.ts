import { OUT_HEADER } from "./abi.ts";
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
    const entry = {
      interrupted: false,
      answer: () => {
        const bytes = interruptedReply(uniqueLow, uniqueHigh);
        this.#send(bytes, bytes.length);
      },
    };
    this.#byUnique.set(key, entry);
    const send = (length: number, reply: Reply) => {
      this.#byUnique.delete(key);
      return this.#send(reply.bytes, length);
    };
    const answer = (): Reply => {
      const reply = later.reply();
      reply.to(uniqueLow, uniqueHigh);
      return reply;
    };
    value.then(
      (result) => {
        if (entry.interrupted) return later.unwanted?.(result, false);
        const reply = answer();
        let length: number;
        try {
          length = later.build(reply, result);
        } catch (error) {
          return void send(reply.error(this.#errno(error)), reply);
        }
        if (!send(length, reply)) later.unwanted?.(result, true);
      },
      (error) => {
        if (entry.interrupted) return;
        const reply = answer();
        send(reply.error(this.#errno(error)), reply);
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

function interruptedReply(uniqueLow: number, uniqueHigh: number): Uint8Array<ArrayBuffer> {
  const words = Uint32Array.of(OUT_HEADER, -ERRNO.EINTR, uniqueLow, uniqueHigh);
  return new Uint8Array(words.buffer);
}

/** Identities count up by two from zero; 2^53 of them outlast any mount. */
function keyOf(low: number, high: number): number {
  return high * 2 ** 32 + low;
}
