import type { FileVersion } from "../../../events/facts/files.ts";
import { WrappedOrigin } from "./wrapped_origin.ts";
import type { Egress } from "./egress.ts";
import type { Latency } from "./latency.ts";
import {
  type CallOptions,
  type ListOptions,
  type Origin,
  type OriginEntry,
  OriginNotFound,
  type ReadOptions,
} from "../origin.ts";
import { systemTime, type Time } from "../time.ts";

/** An origin whose bytes are counted as they arrive, and whose calls are timed up to their first answer. */
export class MeasuredOrigin extends WrappedOrigin {
  readonly #latency: Latency;
  readonly #egress: Egress;
  readonly #time: Time;

  constructor(inner: Origin, latency: Latency, egress: Egress, time: Time = systemTime) {
    super(inner);
    this.#latency = latency;
    this.#egress = egress;
    this.#time = time;
  }

  override async *list(options?: ListOptions): AsyncIterableIterator<readonly OriginEntry[]> {
    const answered = this.#start();
    for await (const batch of this.inner.list(options)) {
      answered();
      yield batch;
    }
    answered();
  }

  override stat(path: string, options?: CallOptions): Promise<FileVersion> {
    return this.#timed(() => this.inner.stat(path, options));
  }

  override async *read(
    path: string,
    offset: number,
    length: number,
    options?: ReadOptions,
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    const answered = this.#start();
    for await (const piece of this.inner.read(path, offset, length, options)) {
      answered();
      this.#egress.add(piece.length);
      yield piece;
    }
  }

  override check(options?: CallOptions): Promise<void> {
    return this.#timed(() => this.inner.check(options));
  }

  async #timed<T>(ask: () => Promise<T>): Promise<T> {
    const answered = this.#start();
    try {
      const answer = await ask();
      answered();
      return answer;
    } catch (error) {
      if (error instanceof OriginNotFound) answered();
      throw error;
    }
  }

  /** Starts timing a call. The returned function is to be called with each answer; only the first counts. */
  #start(): () => void {
    const start = this.#time.now();
    let isOpen = true;
    return () => {
      if (isOpen) this.#latency.add(this.#time.now() - start);
      isOpen = false;
    };
  }
}
