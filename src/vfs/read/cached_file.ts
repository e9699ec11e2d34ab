import type { FileLocation, StoredPart } from "../../../projections/tree/tree_types.ts";
import { type ContentVersion, type FileId, FileSystemError, type TrackId } from "../../base/mod.ts";
import type { PendingRead } from "../filesystem.ts";
import { type AskParts, PartMap } from "./part_map.ts";
import { heardBytes } from "./heard_tracks.ts";
import { ReadAheadWindow } from "./read_ahead_window.ts";
import type { SharedRange } from "./shared_ranges.ts";

/**
 * Of what the engine shared, so many ranges are remembered for the next reads: no fewer than the smallest that one read
 * of the kernel's, 1 MiB, can have been fetched in.
 */
const SHARED_MAX = 64;
/** A read that failed after so long must not be waited for twice. */
const LONG_MS = 1_000;
/** After a read ahead that failed, the kernel asks for the page that is wanted once more, at once. */
const REPEATED_MS = 50;

interface FailedRead {
  readonly from: number;
  readonly to: number;
  readonly at: number;
  readonly error: unknown;
}

/** A file that is read from the store and the engine: what is known of one version of it while somebody has it open. */
export class CachedFile {
  readonly track: TrackId | null;
  readonly file: FileId;
  readonly version: ContentVersion;
  readonly size: number;
  readonly parts: PartMap;
  /** Tells what to fetch ahead; nothing of a file that a recipe has, which is read ahead as a whole. */
  readonly readAhead: ReadAheadWindow;
  /** Reads that wait for bytes. */
  readonly waiting = new Set<PendingRead>();
  /** How often the library had changed when its parts were asked for; -1 when they are to be asked for anew. */
  generation = -1;
  #failed: FailedRead | undefined;
  /** Newest last. */
  readonly #shared: SharedRange[] = [];
  /** Offset of the first byte of its sound. */
  readonly soundStart: number;
  /** Bytes of sound that, read in sequence, show that somebody listens; Infinity once that was told. */
  heardAt: number;
  /** Bytes that were read. */
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
    // More of it has arrived since.
    if (known >= 0) this.#shared.splice(known, 1);
    this.#shared.push(range);
    if (this.#shared.length > SHARED_MAX) this.#shared.shift();
  }

  /** The memory behind the range is gone, since its bytes are stored by now. */
  unshare(range: SharedRange): void {
    this.#shared.splice(this.#shared.indexOf(range), 1);
    this.outdated();
  }

  /** There are other stored parts than those that are known. */
  outdated(): void {
    this.generation = -1;
  }

  /** A read of bytes `from` to `to` (exclusive), which was asked for at `begun` (`performance.now`), failed. */
  failed(from: number, to: number, begun: number, error: unknown): void {
    const at = performance.now();
    const isOver = error instanceof FileSystemError && error.errno === "EIO";
    if (isOver && at - begun >= LONG_MS) this.#failed = { from, to, at, error };
  }

  /** Throws once what a read of the byte at `position` failed with a moment ago, after a long wait. */
  throwIfFailed(position: number): void {
    const failed = this.#failed;
    if (failed === undefined || position < failed.from || position >= failed.to) return;
    this.#failed = undefined;
    if (performance.now() - failed.at < REPEATED_MS) throw failed.error;
  }

  /** Every read that waits fails. */
  fail(error: FileSystemError): void {
    for (const read of [...this.waiting]) read.cancel(error);
  }
}
