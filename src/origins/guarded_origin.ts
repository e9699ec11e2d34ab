import type { FileVersion } from "../../events/file_events.ts";
import { WrappedOrigin } from "./_wrapped_origin.ts";
import type { Circuit } from "./circuit.ts";
import {
  type CallOptions,
  type ListOptions,
  type Origin,
  type OriginEntry,
  OriginUnreachable,
  type ReadOptions,
} from "./origin.ts";

/**
 * An origin that is asked only while it makes sense: calls of one that is down fail at once, with the reason for
 * which it is. A check always goes through, and what it finds counts at once. After a call that failed, a check finds
 * out whether that was for the file or for the origin; nobody waits for it.
 */
export class GuardedOrigin extends WrappedOrigin {
  readonly #circuit: Circuit;
  #isChecking = false;
  #isClosed = false;

  constructor(inner: Origin, circuit: Circuit) {
    super(inner);
    this.#circuit = circuit;
  }

  override list(options?: ListOptions): AsyncIterableIterator<readonly OriginEntry[]> {
    return this.#stream(() => this.inner.list(options), options);
  }

  override async stat(path: string, options?: CallOptions): Promise<FileVersion> {
    this.#circuit.pass();
    try {
      const version = await this.inner.stat(path, options);
      this.#circuit.answered();
      return version;
    } catch (error) {
      this.#failed(error, options);
      throw error;
    }
  }

  override read(
    path: string,
    offset: number,
    length: number,
    options?: ReadOptions,
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    return this.#stream(() => this.inner.read(path, offset, length, options), options);
  }

  override async check(options?: CallOptions): Promise<void> {
    try {
      await this.inner.check(options);
    } catch (error) {
      if (!this.#isClosed && !isReason(error, options)) this.#circuit.failed(error, true);
      throw error;
    }
    this.#circuit.checked();
  }

  /** What fails from now on fails for that. */
  override close(): Promise<void> {
    this.#isClosed = true;
    return this.inner.close();
  }

  async *#stream<T>(
    open: () => AsyncIterable<T>,
    options?: CallOptions,
  ): AsyncGenerator<T, void, unknown> {
    this.#circuit.pass();
    try {
      for await (const piece of open()) {
        this.#circuit.answered();
        yield piece;
      }
      this.#circuit.answered();
    } catch (error) {
      this.#failed(error, options);
      throw error;
    }
  }

  #failed(error: unknown, options?: CallOptions): void {
    if (this.#isClosed || isReason(error, options)) return;
    this.#circuit.failed(error);
    const isDoubtful = error instanceof OriginUnreachable && this.#circuit.health.health !== "down";
    if (isDoubtful && !this.#isChecking) {
      this.#isChecking = true;
      this.check().catch(() => {}).finally(() => this.#isChecking = false);
    }
  }
}

/** Whether the caller gave up, and for that; the reason may well be an error of an origin, of this or another one. */
function isReason(error: unknown, { signal }: CallOptions = {}): boolean {
  return signal !== undefined && signal.aborted && signal.reason === error;
}
