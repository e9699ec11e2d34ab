import type { FileVersion } from "../../../events/facts/files.ts";
import { RETRY_MS } from "../../base/mod.ts";
import { WrappedOrigin } from "./wrapped_origin.ts";
import {
  type CallOptions,
  type ListOptions,
  type Origin,
  type OriginEntry,
  OriginUnreachable,
  type ReadOptions,
} from "../origin.ts";
import { pause, systemTime, type Time } from "../time.ts";
import { OriginBusy, OriginTimedOut, OriginUnreadable } from "../unreachable.ts";

/** A call waits this long at most when the origin asks for a pause, in ms. */
const PAUSE_MS_MAX = 5_000;

export interface RetryOptions {
  /** The waits before each further try, in ms; RETRY_MS when absent. */
  readonly waits?: readonly number[];
  readonly time?: Time;
  /** Whether the origin is known to be down. */
  readonly isDown?: () => boolean;
  /**
   * Checks whether the origin is there, after a call that timed out or failed too often; without this, it never
   * counts as there.
   */
  readonly isThere?: (error: OriginUnreachable) => Promise<boolean>;
  /** A number from 0 to 1, for random waits. */
  readonly random?: () => number;
}

/** The tries of one call since it last made progress. */
interface Tries {
  failed: number;
  /** The origin was found to be there, so there is one more try. */
  isLast: boolean;
}

/**
 * An origin that is asked again when a call has failed, after growing waits. What has arrived is not requested twice:
 * a listing continues after its last file, and a read after its last byte, if the caller named the version that all
 * bytes must be of. Any progress gives a call all its tries back. A listing does not continue after a directory that
 * could not be listed: the path of such an entry sorts like a file, before all other directories.
 *
 * When all tries have failed, there is one more if a check finds the origin there: it may have been away for a
 * moment. A call that timed out has cost enough: it gets only that one more try, so that the caller can turn to
 * another origin. Nothing is repeated once the origin is known to be down. A check is never repeated, since its
 * caller asks again anyway and wants to know now. A busy origin is asked again after the pause that it named, when
 * that is short; the calls that wait for it end at random moments.
 */
export class RetryingOrigin extends WrappedOrigin {
  readonly #waits: readonly number[];
  readonly #time: Time;
  readonly #isDown: () => boolean;
  readonly #isThere: (error: OriginUnreachable) => Promise<boolean>;
  readonly #random: () => number;

  constructor(inner: Origin, options: RetryOptions = {}) {
    super(inner);
    this.#waits = options.waits ?? RETRY_MS;
    this.#time = options.time ?? systemTime;
    this.#isDown = options.isDown ?? (() => false);
    this.#isThere = options.isThere ?? (() => Promise.resolve(false));
    this.#random = options.random ?? Math.random;
  }

  override async *list(options: ListOptions = {}): AsyncIterableIterator<readonly OriginEntry[]> {
    let after = options.after;
    for (let tries = newTries();;) {
      try {
        for await (
          const batch of this.inner.list({ ...options, ...(after !== undefined && { after }) })
        ) {
          const file = batch.findLast(({ kind }) => kind === "file");
          if (file !== undefined) {
            after = file.path;
            tries = newTries();
          }
          yield batch;
        }
        return;
      } catch (error) {
        await this.#waitAfter(error, tries, options.signal);
      }
    }
  }

  override async stat(path: string, options: CallOptions = {}): Promise<FileVersion> {
    const tries = newTries();
    for (;;) {
      try {
        return await this.inner.stat(path, options);
      } catch (error) {
        await this.#waitAfter(error, tries, options.signal);
      }
    }
  }

  override async *read(
    path: string,
    offset: number,
    length: number,
    options: ReadOptions = {},
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    let read = 0;
    for (let tries = newTries();;) {
      try {
        for await (const piece of this.inner.read(path, offset + read, length - read, options)) {
          read += piece.length;
          tries = newTries();
          yield piece;
        }
        return;
      } catch (error) {
        if (read > 0 && options.version === undefined) throw error;
        await this.#waitAfter(error, tries, options.signal);
      }
    }
  }

  /** Waits until the next try is due; throws when there is none. */
  async #waitAfter(error: unknown, tries: Tries, signal: AbortSignal | undefined): Promise<void> {
    if (!mayHelp(error) || tries.isLast || this.#isDown() || signal?.aborted) throw error;
    const wait = error instanceof OriginTimedOut ? undefined : this.#waits[tries.failed++];
    if (wait !== undefined) {
      await pause(this.#time, this.#waitFor(error, wait), signal);
      if (this.#isDown()) throw error;
    } else if (!(error instanceof OriginUnreadable) && await this.#isThere(error)) {
      tries.isLast = true;
    } else throw error;
  }

  #waitFor(error: OriginUnreachable, wait: number): number {
    if (!(error instanceof OriginBusy)) return wait;
    if (error.pause_ms > PAUSE_MS_MAX) throw error;
    return Math.max(wait, error.pause_ms) + this.#random() * wait;
  }
}

function newTries(): Tries {
  return { failed: 0, isLast: false };
}

function mayHelp(error: unknown): error is OriginUnreachable {
  return error instanceof OriginUnreachable && !error.isPermanent;
}
