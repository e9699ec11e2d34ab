import { FileSystemError, messageOf } from "../../base/mod.ts";
import type { SharedBytes } from "../../control/protocol.ts";
import type { CachedFiles, Gap } from "./cached_files.ts";
import type { PendingRead } from "../filesystem.ts";
import type { CachedFile } from "./cached_file.ts";

/** How often a read asks the engine for the same bytes before it fails: each time the engine said that they are there. */
const ROUNDS_MAX = 3;
/**
 * Fetches are rounded to this: small reads come in clusters (frames of a tag, an index), and the later ones find
 * their bytes.
 */
const UNIT_BYTES = 16 * 1024;

/** A read that waits for bytes: it asks the engine for what is missing, and looks again. */
export class CachedRead implements PendingRead {
  readonly #reader: CachedFiles;
  readonly #open: CachedFile;
  readonly #from: number;
  readonly #to: number;
  readonly #ending = new AbortController();
  readonly #failed = Promise.withResolvers<never>();
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #begun = performance.now();
  #gap: Gap;
  #rounds = 0;

  constructor(
    reader: CachedFiles,
    open: CachedFile,
    offset: number,
    length: number,
    gap: Gap,
  ) {
    this.#reader = reader;
    this.#open = open;
    this.#from = offset;
    this.#to = offset + length;
    this.#gap = gap;
    this.#failed.promise.catch(() => {});
    const { deadlineMs } = reader;
    this.#timer = setTimeout(() => {
      this.cancel(new FileSystemError("EIO", `no bytes from the engine in ${deadlineMs} ms`));
    }, deadlineMs);
    open.waiting.add(this);
  }

  async ready(): Promise<void> {
    try {
      await Promise.race([this.#failed.promise, this.#ready()]);
    } catch (error) {
      this.#end();
      this.#open.failed(this.#from, this.#to, this.#begun, error);
      throw error;
    }
  }

  fill(into: Uint8Array<ArrayBuffer>): number | undefined {
    const gap = this.#reader.fill(this.#open, this.#from, this.#to, into);
    if (gap === undefined) {
      if (this.#rounds === 0) this.#reader.counters.hits++;
      this.#end();
      const length = this.#to - this.#from;
      this.#open.bytesRead += length;
      return length;
    }
    this.#gap = gap;
    if (this.#rounds < ROUNDS_MAX) return undefined;
    this.#end();
    throw new FileSystemError("EIO", `bytes were fetched ${ROUNDS_MAX} times and never there`);
  }

  cancel(error: FileSystemError): void {
    this.#failed.reject(error);
    this.#ending.abort(error);
    this.#end();
  }

  async #ready(): Promise<void> {
    if (this.#reader.isLoaded) await this.#fetch();
    else await this.#reader.load();
  }

  async #fetch(): Promise<void> {
    const { source, reports, counters } = this.#reader;
    if (this.#rounds++ === 0) counters.misses++;
    const open = this.#open;
    // Until the engine knows that a chunk is bad, it believes the bytes to be stored and fetches nothing.
    await reports.corruptTold();
    const gap = this.#gap;
    const from = Math.floor(gap.from / UNIT_BYTES) * UNIT_BYTES;
    const to = Math.min(open.size, Math.ceil(gap.to / UNIT_BYTES) * UNIT_BYTES);
    const { file, version } = open;
    const reply = await source.fetch({ file, version, from, to }, this.#ending.signal)
      .catch((error) => {
        throw new FileSystemError("EIO", messageOf(error), { cause: error });
      });
    if ("errno" in reply) throw new FileSystemError(reply.errno, reply.message);
    // The newest range is dropped last. That must be the requested one, which is the first in the file.
    for (const range of reply.shared.toSorted((a, b) => b.from - a.from)) {
      open.share({ ...range, pid: reply.pid });
    }
    // The engine has stored the bytes for which it shares no memory, so the part map must be asked for anew.
    if (coveredFrom(gap.from, reply.shared) < gap.to) open.outdated();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#open.waiting.delete(this);
  }
}

/** How far the ranges reach from a position without a gap. */
function coveredFrom(position: number, ranges: readonly SharedBytes[]): number {
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    if (from <= position) position = Math.max(position, to);
  }
  return position;
}
