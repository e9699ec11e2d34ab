import type { FileVersion } from "../../events/facts/files.ts";
import { RETRY_MS } from "../base/mod.ts";
import { WrappedOrigin } from "./_wrapped_origin.ts";
import {
  type CallOptions,
  type ListOptions,
  type Origin,
  type OriginEntry,
  OriginUnreachable,
  type ReadOptions,
} from "./origin.ts";
import { pause, systemTime, type Time } from "./time.ts";
import { OriginBusy, OriginTimedOut, OriginUnreadable } from "./unreachable.ts";

/** The longest pause that an origin may ask for and a call waits. */
const PAUSE_MS_MAX = 5_000;

export interface RetryOptions {
  /** Before each further try; RETRY_MS when absent. */
  readonly waits?: readonly number[];
  readonly time?: Time;
  /** Whether the origin is known not to answer. */
  readonly isDown?: () => boolean;
  /** Asks whether the origin is there after a call that timed out, or failed too often; never when absent. */
  readonly isThere?: (error: OriginUnreachable) => Promise<boolean>;
  /** From 0 to 1. */
  readonly random?: () => number;
}

/** Tries of one call since it last got on. */
interface Tries {
  failed: number;
  /** The origin was found to be there: there is one more try. */
  isLast: boolean;
}

/**
 * An origin that is asked again when a call failed, after waits that grow. What has arrived is not asked for twice: a
 * listing goes on behind the last file, a read behind the last byte, the latter only when the reader named the version
 * that all bytes have to be of. Whatever gets on has all its tries before it again. A directory that could not be
 * listed is no place to go on behind: as a path it stands where a file of that name would, before all other directories.
 *
 * When all tries have failed, there is one more if the origin was found to be there since: it may have been away for a
 * moment. A call that timed out has cost enough: it has no other try than that, so that whoever waits can turn
 * elsewhere. No call is tried again of an origin that is known to be down. A check is asked once: whoever checks comes again anyway, and wants to know
 * now. An origin that has too much to do is asked again after the pause that it named, if that is short, and not by all
 * at the same moment.
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

  /** Waits until it is time for the next try; throws when there is none. */
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
