import type { MusicEvent } from "../../events/mod.ts";
import { type LibraryProjector, LibraryUnusable } from "../../projections/mod.ts";
import {
  type Exclusions,
  type FileId,
  formatCount,
  formatDuration,
  type Logger,
  messageOf,
  systemClock,
  toFileId,
} from "../base/mod.ts";
import type { ScanStatus, ScanSummary } from "../control/protocol.ts";
import type { Origin } from "../origins/mod.ts";
import { scanOrigin, type ScanOutcome } from "../scan/mod.ts";
import { ParserPool, readerOf } from "../metadata/mod.ts";
import { knownLibrary, knownOthers } from "./known_library.ts";
import type { Origins } from "./origins.ts";
import type { PlaylistWork } from "./playlist_files.ts";
import { Rereads } from "./rereads.ts";
import { RunningScans } from "./running_scans.ts";
import { ScanQueue, type ScanWork } from "./scan_queue.ts";

export interface ScansParts {
  readonly origins: Origins;
  readonly projector: LibraryProjector;
  /** The share of an origin's files (0 to 1) that a scan may remove without a person's consent. */
  readonly removalsHold: number;
  /** The encoding of text in tags that does not name its own. */
  readonly tagEncoding: string;
  readonly exclusions: Exclusions;
  readonly append: (events: readonly MusicEvent[]) => Promise<void>;
  /** Brings the projections level with the log. */
  readonly follow: () => Promise<void>;
  /** Called when a scan is over, with the reason when it failed, and otherwise with what playlists may be told. */
  readonly onScanned: (
    origin: Origin,
    failure: string | null,
    news: PlaylistWork,
  ) => Promise<void> | void;
  readonly onStatus: (status: ScanStatus) => void;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Scans of origins, from the request to the summary. */
export class Scans {
  readonly #parts: ScansParts;
  readonly #running: RunningScans;
  /**
   * Scans of local origins take turns, since one keeps every core busy. A remote origin's scan mostly waits for the
   * network.
   */
  readonly #local: ScanQueue<ScanSummary>;
  readonly #remote = new Map<string, ScanQueue<ScanSummary>>();
  readonly #parsers: ParserPool;
  readonly #rereads: Rereads;
  /** New numbers are only given here. A number that was given and not appended is not given again. */
  #nextFile: FileId;
  #nextOther: FileId;
  #nextScan = 0;
  readonly #claimed = new Set<FileId>();

  constructor(parts: ScansParts) {
    this.#parts = parts;
    this.#running = new RunningScans(parts.onStatus);
    this.#parsers = new ParserPool({ encoding: parts.tagEncoding });
    this.#rereads = new Rereads({
      queries: () => parts.projector.queries,
      readerOf: (origin) => readerOf(parts.origins.get(origin)!.scanned, this.#parsers),
      encoding: parts.tagEncoding,
      append: parts.append,
      onLeft: (files) => this.#running.rereading(files),
      ...{ signal: parts.signal, logger: parts.logger },
    });
    const newQueue = () => new ScanQueue<ScanSummary>((origin, work) => this.#scan(origin, work));
    this.#local = newQueue();
    for (const { origin: { id } } of parts.origins.remote()) this.#remote.set(id, newQueue());
    this.#nextFile = parts.projector.queries.scanning.nextFileNumber();
    this.#nextOther = parts.projector.queries.scanning.nextOtherNumber();
  }

  /** Whether anything is being scanned or read again. */
  get busy(): boolean {
    return this.#rereads.busy || this.#queues().some((queue) => queue.busy);
  }

  /** Resolves when a scan that covers the work is done. */
  add(origin: string, work: ScanWork): Promise<ScanSummary> {
    return (this.#remote.get(origin) ?? this.#local).add(origin, work);
  }

  /** Begins a scan whose result nobody awaits. Errors are logged. */
  begin(origin: string, mode: "full" | "changes"): void {
    this.add(origin, { mode, directories: [] }).catch(() => {});
  }

  /** To be called after the signal was aborted. */
  async close(): Promise<void> {
    await Promise.all(this.#queues().map((queue) => queue.idle()));
    await this.#rereads.close();
    await this.#parsers.close();
  }

  #queues(): ScanQueue<ScanSummary>[] {
    return [this.#local, ...this.#remote.values()];
  }

  async #scan(id: string, work: ScanWork): Promise<ScanSummary> {
    const { origins, projector, append, onScanned, signal, logger } = this.#parts;
    const { origin, scanned } = origins.get(id)!;
    this.#running.begin(id);
    const release = await this.#rereads.hold(id);
    let isSeen = false;
    try {
      // A scan that failed, as on a full disk, may have left the projections behind, and files would look new once
      // more.
      await this.#parts.follow();
      const cutOff = projector.queries.origin(id)?.open_scan ?? null;
      // A full scan covers more than a scan for changes: it does not continue one.
      const open = work.mode === "full" && cutOff?.mode !== "full" ? null : cutOff;
      const outcome = await scanOrigin(
        {
          origin,
          known: knownLibrary(id, () => projector.queries, (id) => origins.get(id) !== undefined),
          others: knownOthers(id, () => projector.queries, () => this.#newOther()),
          reader: readerOf(scanned, this.#parsers),
          append,
          nextFile: () => this.#newFile(),
          claimed: this.#claimed,
          clock: systemClock,
        },
        {
          scan: open?.scan ?? this.#newScan(),
          mode: open?.mode ?? work.mode,
          directories: work.directories,
          ...(open !== null && { resume: { position: open.position } }),
          removalsHold: this.#parts.removalsHold,
          exclusions: this.#parts.exclusions,
          removalsConfirmed: () => projector.queries.origin(id)?.confirmed ?? false,
          signal,
          onProgress: (progress) => this.#running.update(id, progress),
        },
      );
      isSeen = outcome.outcome !== "failed";
      const news = { isNews: outcome.read > 0, isThorough: work.mode !== "directories" };
      await onScanned(origin, outcome.outcome === "failed" ? outcome.reason : null, news);
      const isNews = work.mode !== "directories" || outcome.read + outcome.removed > 0;
      logger[isNews ? "info" : "debug"](said(id, work, outcome));
      return { origin: id, ...outcome };
    } catch (error) {
      // The engine reports faults of its own disk by itself, once.
      const level = error instanceof LibraryUnusable ? "debug" : "error";
      if (!signal.aborted) logger[level](`Cannot scan ${id}: ${messageOf(error)}`);
      throw error;
    } finally {
      this.#running.end(id);
      release();
      if (isSeen) this.#rereads.begin(id);
    }
  }

  /** The next number. One that was given and is not in the log yet is not given again. */
  #newFile(): FileId {
    const file = this.#nextFile;
    this.#nextFile = toFileId(file + 1);
    return file;
  }

  #newOther(): FileId {
    const file = this.#nextOther;
    this.#nextOther = toFileId(file + 1);
    return file;
  }

  #newScan(): number {
    const { scanning } = this.#parts.projector.queries;
    this.#nextScan = Math.max(this.#nextScan + 1, scanning.nextScanNumber());
    return this.#nextScan;
  }
}

/** A line about a scan for the log of messages. */
function said(id: string, { mode }: ScanWork, outcome: ScanOutcome): string {
  const { listed, read, removed, unreadable, duration_ms } = outcome;
  const figures = [
    `${formatCount(listed)} files listed`,
    `${formatCount(read)} read`,
    ...removed > 0 ? [`${formatCount(removed)} removed`] : [],
    ...unreadable > 0 ? [`${formatCount(unreadable)} unreadable`] : [],
  ];
  const what = mode === "directories" ? `looked at changes of ${id}` : `scanned ${id}`;
  const reason = outcome.reason === null ? "" : `, ${outcome.outcome}: ${outcome.reason}`;
  return `${what} in ${formatDuration(duration_ms)}: ${figures.join(", ")}${reason}`;
}
