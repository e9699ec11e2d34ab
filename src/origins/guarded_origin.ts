import type { FileVersion } from "../../events/file_events.ts";
import { WrappedOrigin } from "./_wrapped_origin.ts";
import type { Circuit } from "./circuit.ts";
import type { CallOptions, ListOptions, Origin, OriginEntry, ReadOptions } from "./origin.ts";

/**
 * An origin that is asked only while it makes sense: calls of one that is down fail at once, with the reason for
 * which it is. A check always goes through, and what it finds counts at once.
 */
export class GuardedOrigin extends WrappedOrigin {
  readonly #circuit: Circuit;

  constructor(inner: Origin, circuit: Circuit) {
    super(inner);
    this.#circuit = circuit;
  }

  override list(options?: ListOptions): AsyncIterableIterator<readonly OriginEntry[]> {
    return this.#stream(() => this.inner.list(options));
  }

  override async stat(path: string, options?: CallOptions): Promise<FileVersion> {
    this.#circuit.pass();
    return await this.#watched(() => this.inner.stat(path, options));
  }

  override read(
    path: string,
    offset: number,
    length: number,
    options?: ReadOptions,
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    return this.#stream(() => this.inner.read(path, offset, length, options));
  }

  override check(options?: CallOptions): Promise<void> {
    return this.#watched(() => this.inner.check(options), true);
  }

  async *#stream<T>(open: () => AsyncIterable<T>): AsyncGenerator<T, void, unknown> {
    this.#circuit.pass();
    try {
      for await (const piece of open()) {
        this.#circuit.answered();
        yield piece;
      }
    } catch (error) {
      this.#circuit.failed(error);
      throw error;
    }
    this.#circuit.answered();
  }

  async #watched<T>(ask: () => Promise<T>, isCheck?: boolean): Promise<T> {
    try {
      const answer = await ask();
      this.#circuit.answered();
      return answer;
    } catch (error) {
      this.#circuit.failed(error, isCheck);
      throw error;
    }
  }
}
