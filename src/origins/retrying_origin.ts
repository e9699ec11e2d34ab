import type { FileVersion } from "../../events/file_events.ts";
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
import { OriginTimedOut } from "./unreachable.ts";

/**
 * An origin that is asked again when a call failed, after waits that grow. What has arrived is not asked for twice: a
 * listing goes on behind the last file, a read behind the last byte, the latter only when the reader named the version
 * that all bytes have to be of. Whatever gets on has all its tries before it again. A directory that could not be
 * listed is no place to go on behind: as a path it stands where a file of that name would, before all other directories.
 *
 * A call that timed out has cost enough: it is not tried again, so that whoever waits can turn elsewhere; nor is any
 * call of an origin that is known to be down. A check is asked once: whoever checks comes again anyway, and wants to
 * know now.
 */
export class RetryingOrigin extends WrappedOrigin {
  readonly #waits: readonly number[];
  readonly #time: Time;
  readonly #isDown: () => boolean;

  constructor(
    inner: Origin,
    waits: readonly number[] = RETRY_MS,
    time: Time = systemTime,
    isDown: () => boolean = () => false,
  ) {
    super(inner);
    this.#waits = waits;
    this.#time = time;
    this.#isDown = isDown;
  }

  override async *list(options: ListOptions = {}): AsyncIterableIterator<readonly OriginEntry[]> {
    let after = options.after;
    for (let tries = 0;;) {
      try {
        for await (
          const batch of this.inner.list({ ...options, ...(after !== undefined && { after }) })
        ) {
          const file = batch.findLast(({ kind }) => kind === "file");
          if (file !== undefined) {
            after = file.path;
            tries = 0;
          }
          yield batch;
        }
        return;
      } catch (error) {
        await this.#waitAfter(error, tries++, options.signal);
      }
    }
  }

  override async stat(path: string, options: CallOptions = {}): Promise<FileVersion> {
    for (let tries = 0;;) {
      try {
        return await this.inner.stat(path, options);
      } catch (error) {
        await this.#waitAfter(error, tries++, options.signal);
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
    for (let tries = 0;;) {
      try {
        for await (const piece of this.inner.read(path, offset + read, length - read, options)) {
          read += piece.length;
          tries = 0;
          yield piece;
        }
        return;
      } catch (error) {
        if (read > 0 && options.version === undefined) throw error;
        await this.#waitAfter(error, tries++, options.signal);
      }
    }
  }

  /** Waits until it is time for the next try; throws when there is none. */
  async #waitAfter(error: unknown, tries: number, signal: AbortSignal | undefined): Promise<void> {
    const wait = this.#waits[tries];
    if (wait === undefined || !mayHelp(error) || this.#isDown()) throw error;
    await pause(this.#time, wait, signal);
    if (this.#isDown()) throw error;
  }
}

function mayHelp(error: unknown): boolean {
  return error instanceof OriginUnreachable && !error.isPermanent &&
    !(error instanceof OriginTimedOut);
}
