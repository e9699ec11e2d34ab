import type { FileVersion } from "../../../events/facts/files.ts";
import { CALL_DEADLINE_MS } from "../../base/mod.ts";
import { WrappedOrigin } from "./wrapped_origin.ts";
import type { CallOptions, ListOptions, Origin, OriginEntry, ReadOptions } from "../origin.ts";
import { systemTime, type Time } from "../time.ts";
import { OriginTimedOut } from "../unreachable.ts";

/**
 * An origin with a deadline for every answer: for a stat, a check, and each piece of a listing or a read. A call that
 * takes longer is aborted and rejects with OriginTimedOut, whether or not the origin heeds the abort; an abort by the
 * caller ends it in the same way. A listing that passes over thousands of unwanted names yields no piece, but it asks
 * about each name, and every question restarts the wait.
 */
export class DeadlineOrigin extends WrappedOrigin {
  readonly #ms: number;
  readonly #time: Time;

  constructor(inner: Origin, ms: number = CALL_DEADLINE_MS, time: Time = systemTime) {
    super(inner);
    this.#ms = ms;
    this.#time = time;
  }

  override list(options: ListOptions = {}): AsyncIterableIterator<readonly OriginEntry[]> {
    const call = this.#call(`Cannot list ${this.root}`, options.signal);
    const { wanted, onDirectory } = options;
    return call.stream((signal) =>
      this.inner.list({
        ...options,
        signal,
        ...(wanted && { wanted: (name) => (call.alive(), wanted(name)) }),
        onDirectory: (path) => {
          call.alive();
          onDirectory?.(path);
        },
      })
    );
  }

  override stat(path: string, options: CallOptions = {}): Promise<FileVersion> {
    const call = this.#call(`Cannot stat ${path} of ${this.root}`, options.signal);
    return call.answer((signal) => this.inner.stat(path, { ...options, signal }));
  }

  override read(
    path: string,
    offset: number,
    length: number,
    options: ReadOptions = {},
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    const call = this.#call(`Cannot read ${path} of ${this.root}`, options.signal);
    return call.stream((signal) => this.inner.read(path, offset, length, { ...options, signal }));
  }

  override check(options: CallOptions = {}): Promise<void> {
    const call = this.#call(`Cannot reach ${this.root}`, options.signal);
    return call.answer((signal) => this.inner.check({ ...options, signal }));
  }

  #call(what: string, signal: AbortSignal | undefined): Call {
    return new Call(what, this.#ms, this.#time, signal);
  }
}

/** One call, and the wait for its next answer. */
class Call {
  readonly #what: string;
  readonly #ms: number;
  readonly #time: Time;
  readonly #outer: AbortSignal | undefined;
  readonly #abort = new AbortController();
  #restart: () => void = () => {};

  constructor(what: string, ms: number, time: Time, outer: AbortSignal | undefined) {
    this.#what = what;
    this.#ms = ms;
    this.#time = time;
    this.#outer = outer;
  }

  async answer<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#outer?.throwIfAborted();
    return await this.#awaited(() => ask(this.#abort.signal));
  }

  async *stream<T>(
    open: (signal: AbortSignal) => AsyncIterableIterator<T>,
  ): AsyncGenerator<T, void, unknown> {
    this.#outer?.throwIfAborted();
    const pieces = open(this.#abort.signal);
    let isLeftEarly = true;
    try {
      for (;;) {
        isLeftEarly = false;
        const { done, value } = await this.#awaited(() => pieces.next());
        if (done) return;
        isLeftEarly = true;
        yield value;
      }
    } finally {
      const leave = async () => void await pieces.return?.();
      if (isLeftEarly && !this.#outer?.aborted) await this.#awaited(leave).catch(() => {});
      // The iterator's return waits until the origin is done with its work; this does not wait for it.
      else leave().catch(() => {});
    }
  }

  /** The origin does something: restarts the wait. */
  alive(): void {
    this.#restart();
  }

  #awaited<T>(ask: () => Promise<T>): Promise<T> {
    const outer = this.#outer;
    return new Promise((resolve, reject) => {
      const onAbort = () => giveUp(outer?.reason);
      const arm = () => {
        const since_ms = this.#time.now();
        return this.#time.after(this.#ms, () => {
          const message = `${this.#what}: no answer within ${this.#ms} ms`;
          giveUp(new OriginTimedOut(message, since_ms));
        });
      };
      let disarm = arm();
      this.#restart = () => {
        disarm();
        disarm = arm();
      };
      const end = () => {
        disarm();
        this.#restart = () => {};
        outer?.removeEventListener("abort", onAbort);
      };
      const giveUp = (reason: unknown) => {
        end();
        reject(reason);
        this.#abort.abort(reason);
      };
      if (outer?.aborted) return onAbort();
      outer?.addEventListener("abort", onAbort, { once: true });
      ask().finally(end).then(resolve, reject);
    });
  }
}
