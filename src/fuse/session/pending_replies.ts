import { OUT_HEADER } from "../wire/abi.ts";
import { ERRNO } from "../wire/errno.ts";
import type { Reply } from "../wire/reply.ts";
import type { Request } from "../wire/request.ts";

interface Later<T> {
  /** Encodes the answer. Returns its length, or a promise to wait for. */
  build(reply: Reply, value: T): number | Promise<T>;
  /** Called with a value that nobody will take; `built` says whether `build` had been called. */
  unwanted?(value: T, built: boolean): void;
  /** Called when the caller does not wait any more. */
  cancel?(): void;
}

interface Waiting {
  isWanted: boolean;
  readonly cancel: () => void;
}

/**
 * Answers that could not be given at once, by the identity of their request. While they wait they hold nothing else:
 * an answer is encoded and sent in one step, in the memory that all answers share.
 */
export class PendingReplies {
  readonly #byUnique = new Map<number, Waiting>();
  readonly #reply: Reply;
  readonly #errno: (error: unknown) => number;
  readonly #send: (bytes: Uint8Array<ArrayBuffer>, length: number) => boolean;

  constructor(
    reply: Reply,
    errno: (error: unknown) => number,
    send: (bytes: Uint8Array<ArrayBuffer>, length: number) => boolean,
  ) {
    this.#reply = reply;
    this.#errno = errno;
    this.#send = send;
  }

  get size(): number {
    return this.#byUnique.size;
  }

  add<T>(request: Request, value: Promise<T>, later: Later<T>): void {
    const { uniqueLow, uniqueHigh } = request;
    const key = keyOf(uniqueLow, uniqueHigh);
    const waiting = { isWanted: true, cancel: () => later.cancel?.() };
    this.#byUnique.set(key, waiting);
    const send = (length: number) => {
      this.#byUnique.delete(key);
      return this.#send(this.#reply.bytes, length);
    };
    const fail = (error: unknown) => {
      if (!waiting.isWanted) return;
      this.#reply.to(uniqueLow, uniqueHigh);
      send(this.#reply.error(this.#errno(error)));
    };
    const take = (result: T): void => {
      if (!waiting.isWanted) return later.unwanted?.(result, false);
      this.#reply.to(uniqueLow, uniqueHigh);
      let built: number | Promise<T>;
      try {
        built = later.build(this.#reply, result);
      } catch (error) {
        return fail(error);
      }
      if (typeof built !== "number") return void built.then(take, fail);
      if (!send(built)) later.unwanted?.(result, true);
    };
    value.then(take, fail);
  }

  /** To be called when the caller was signalled: answers EINTR, and drops the value when it comes. */
  interrupt(uniqueLow: number, uniqueHigh: number): void {
    const key = keyOf(uniqueLow, uniqueHigh);
    const waiting = this.#byUnique.get(key);
    if (!waiting) return;
    this.#byUnique.delete(key);
    waiting.isWanted = false;
    const bytes = interruptedReply(uniqueLow, uniqueHigh);
    this.#send(bytes, bytes.length);
    waiting.cancel();
  }

  /** To be called when the file system is gone, with all callers. */
  cancelAll(): void {
    for (const waiting of this.#byUnique.values()) {
      waiting.isWanted = false;
      waiting.cancel();
    }
    this.#byUnique.clear();
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
