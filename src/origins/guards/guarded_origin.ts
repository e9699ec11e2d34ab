import type { FileVersion } from "../../../events/facts/files.ts";
import { CALL_DEADLINE_MS } from "../../base/mod.ts";
import { WrappedOrigin } from "./wrapped_origin.ts";
import type { Circuit } from "./circuit.ts";
import {
  type CallOptions,
  type ListOptions,
  type Origin,
  type OriginEntry,
  OriginUnreachable,
  type ReadOptions,
} from "../origin.ts";
import { systemTime, type Time } from "../time.ts";
import { OriginBusy, OriginTimedOut, OriginUnreadable } from "../unreachable.ts";

/** How long a caller waits at most to learn whether the file or the origin failed. */
const PROBE_MS = CALL_DEADLINE_MS / 3;

export interface GuardOptions {
  /** Drops connections that may be dead; absent when there are none. */
  readonly renew?: () => void;
  /** How long a check after a failed call may take, in ms. */
  readonly probeMs?: number;
  readonly time?: Time;
}

/**
 * An origin that is asked only while its circuit allows it: calls to one that is down fail at once with the reason. A
 * check always passes, and its outcome counts at once. After a call for a file has failed, a check finds out whether
 * the file or the origin is the cause.
 *
 * A connection may have died silently, as during sleep. Therefore a call that timed out is followed by a check over a
 * new connection before the origin counts as down.
 */
export class GuardedOrigin extends WrappedOrigin {
  readonly #circuit: Circuit;
  readonly #renew: () => void;
  readonly #probeMs: number;
  readonly #time: Time;
  #probing: Promise<boolean> | undefined;
  #isClosed = false;

  constructor(inner: Origin, circuit: Circuit, options: GuardOptions = {}) {
    super(inner);
    this.#circuit = circuit;
    this.#renew = options.renew ?? (() => {});
    this.#probeMs = options.probeMs ?? PROBE_MS;
    this.#time = options.time ?? systemTime;
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
      throw await this.#failed(error, options, path);
    }
  }

  override read(
    path: string,
    offset: number,
    length: number,
    options?: ReadOptions,
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    return this.#stream(() => this.inner.read(path, offset, length, options), options, path);
  }

  override async check(options?: CallOptions): Promise<void> {
    try {
      await this.#check(options);
    } catch (error) {
      if (!this.#isClosed && !isReason(error, options)) this.#circuit.failed(error, true);
      throw error;
    }
    this.#circuit.checked();
  }

  /**
   * Whether the origin is there, after a call that failed. One check over new connections answers all callers. When
   * it fails, the origin is down from now on, for this error.
   */
  probe(error: OriginUnreachable): Promise<boolean> {
    return this.#probing ??= this.#probe(error).finally(() => this.#probing = undefined);
  }

  /** Failures from now on come from the closing, and count for nothing. */
  override close(): Promise<void> {
    this.#isClosed = true;
    return this.inner.close();
  }

  async #check(options?: CallOptions): Promise<void> {
    try {
      await this.inner.check(options);
    } catch (error) {
      if (!(error instanceof OriginTimedOut) || isReason(error, options)) throw error;
      this.#renew();
      await this.inner.check(options);
    }
  }

  async #probe(error: OriginUnreachable): Promise<boolean> {
    if (this.#isClosed) return false;
    this.#renew();
    const begun = this.#time.now();
    const checked = this.check().then(() => true, () => false);
    let callOff = () => {};
    const late = new Promise<undefined>((resolve) => {
      callOff = this.#time.after(this.#probeMs, () => resolve(undefined));
    });
    const isThere = await Promise.race([checked, late]);
    callOff();
    // The check goes on, and its answer counts when it comes.
    if (isThere === undefined && !this.#isClosed) {
      const isBusy = error instanceof OriginBusy;
      this.#circuit.failed(isBusy ? error : new OriginTimedOut(error.message, begun), true);
    }
    return isThere ?? false;
  }

  async *#stream<T>(
    open: () => AsyncIterable<T>,
    options?: CallOptions,
    path?: string,
  ): AsyncGenerator<T, void, unknown> {
    this.#circuit.pass();
    try {
      for await (const piece of open()) {
        this.#circuit.answered();
        yield piece;
      }
      this.#circuit.answered();
    } catch (error) {
      throw await this.#failed(error, options, path);
    }
  }

  /** The error to throw for a call whose tries ended with this error. */
  async #failed(error: unknown, options?: CallOptions, path?: string): Promise<unknown> {
    if (this.#isClosed || isReason(error, options)) return error;
    if (error instanceof OriginTimedOut) this.#renew();
    const isDoubtful = error instanceof OriginUnreachable && !error.isPermanent &&
      !(error instanceof OriginUnreadable) && !this.#isDown();
    if (!isDoubtful || path === undefined) {
      this.#circuit.failed(error);
      if (isDoubtful && !this.#isDown()) void this.probe(error);
      return error;
    }
    if (!(await this.probe(error))) return error;
    this.#circuit.fileFailed(path, error);
    return new OriginUnreadable(error.message, { cause: error });
  }

  #isDown(): boolean {
    return this.#circuit.health.health === "down";
  }
}

/**
 * Whether this error is the reason for which the caller aborted. Such a reason may itself be an error of an origin,
 * of this or another one.
 */
function isReason(error: unknown, { signal }: CallOptions = {}): boolean {
  return signal !== undefined && signal.aborted && signal.reason === error;
}
