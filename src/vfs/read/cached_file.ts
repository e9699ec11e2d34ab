import type { FileLocation, StoredPart } from "../../../projections/tree/tree_types.ts";
import { type ContentVersion, type FileId, FileSystemError, type TrackId } from "../../base/mod.ts";
import type { PendingRead } from "../filesystem.ts";
import { type AskParts, PartMap } from "./part_map.ts";
import { heardBytes } from "./heard_tracks.ts";
import { ReadAheadWindow } from "./read_ahead_window.ts";
import type { SharedRange } from "./shared_ranges.ts";

/**
 * How many ranges that the engine shared are remembered for later reads: at least as many as one READ of the kernel,
 * 1 MiB, can have been fetched in.
 */
const SHARED_MAX = 64;
/** A read that failed after this long must not make another one wait as long. */
const LONG_MS = 1_000;
/** After a failed read-ahead the kernel asks for the wanted page once more, at once: within this time. */
const REPEATED_MS = 50;

interface FailedRead {
  readonly from: number;
  readonly to: number;
  readonly at: number;
  readonly error: unknown;
}

/** A file that is read from the store and the engine: what is known of one version of it while it is open. */
export class CachedFile {
  readonly track: TrackId | null;
  readonly file: FileId;
  readonly version: ContentVersion;
  readonly size: number;
  readonly parts: PartMap;
  /** Decides what to fetch ahead. It fetches nothing for a file of a recipe, since recipes are read ahead as a whole. */
  readonly readAhead: ReadAheadWindow;
  /** Reads that wait for bytes. */
  readonly waiting = new Set<PendingRead>();
  /** The library's generation when the parts were asked for; -1 when they must be asked for anew. */
  generation = -1;
  #failed: FailedRead | undefined;
  /** The newest range is last. */
  readonly #shared: SharedRange[] = [];
  /** The offset of the first byte of its sound. */
  readonly soundStart: number;
  /** How many bytes of sound in sequence show that a person listens; Infinity once that was told. */
  heardAt: number;
  /** The number of bytes read. */
  bytesRead = 0;

  constructor(
    location: FileLocation,
    isSegment: boolean,
    ask: (open: CachedFile, ...range: Parameters<AskParts>) => readonly StoredPart[],
  ) {
    this.track = location.track;
    this.file = location.file;
    this.version = location.content;
    this.size = location.size;
    this.parts = new PartMap((...range) => ask(this, ...range));
    this.readAhead = new ReadAheadWindow(isSegment ? 0 : location.size);
    this.soundStart = location.audio_start ?? 0;
    this.heardAt = this.track === null ? Infinity : heardBytes(location.size - this.soundStart);
  }

  /** The newest range that has the byte at `position`. */
  shared(position: number): SharedRange | undefined {
    return this.#shared.findLast(({ from, to }) => from <= position && position < to);
  }

  share(range: SharedRange): void {
    const { pid, name } = range;
    const known = this.#shared.findIndex((it) => it.pid === pid && it.name === name);
    // More of the range has arrived since.
    if (known >= 0) this.#shared.splice(known, 1);
    this.#shared.push(range);
    if (this.#shared.length > SHARED_MAX) this.#shared.shift();
  }

  /** To be called when the memory behind a range is gone, because its bytes are stored by now. */
  unshare(range: SharedRange): void {
    this.#shared.splice(this.#shared.indexOf(range), 1);
    this.outdated();
  }

  /** To be called when the known parts are outdated. */
  outdated(): void {
    this.generation = -1;
  }

  /**
   * To be called when a read of bytes `from` to `to` (exclusive), requested at `begun` (`performance.now`), has
   * failed.
   */
  failed(from: number, to: number, begun: number, error: unknown): void {
    const at = performance.now();
    const isOver = error instanceof FileSystemError && error.errno === "EIO";
    if (isOver && at - begun >= LONG_MS) this.#failed = { from, to, at, error };
  }

  /** Throws, once, the error of a read of the byte at `position` that failed a moment ago after a long wait. */
  throwIfFailed(position: number): void {
    const failed = this.#failed;
    if (failed === undefined || position < failed.from || position >= failed.to) return;
    this.#failed = undefined;
    if (performance.now() - failed.at < REPEATED_MS) throw failed.error;
  }

  /** Fails every read that waits. */
  fail(error: FileSystemError): void {
    for (const read of [...this.waiting]) read.cancel(error);
  }
}
