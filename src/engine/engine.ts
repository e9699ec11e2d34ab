import { type EventLog, LogInUse, type MusicEvent, openEventLog } from "../../events/mod.ts";
import { type OriginRow, Projector, verifyLibrary } from "../../projections/mod.ts";
import {
  EXIT,
  formatCount,
  formatDuration,
  type Logger,
  messageOf,
  systemClock,
  UserError,
} from "../base/mod.ts";
import { libraryDirectory } from "../config/places.ts";
import type { Settings } from "../config/settings.ts";
import { unknownOrigin } from "../control/mod.ts";
import type { ReplayResult, ScanStatus, ScanSummary, VerifyResult } from "../control/protocol.ts";
import { LocalOrigin } from "../origins/mod.ts";
import { scanOrigin, type ScanOutcome } from "../scan/mod.ts";
import { ParserPool } from "../tags/mod.ts";
import { decideConfiguration } from "./configure.ts";
import { knownLibrary } from "./known_library.ts";
import { ScanQueue, type ScanWork } from "./scan_queue.ts";

/** How long the log may still be held by an engine that is ending. */
const PREDECESSOR_MS = 10_000;
const LOCK_POLL_MS = 50;

export interface EngineOptions {
  readonly settings: Settings;
  readonly logger: Logger;
  /** Aborted when the engine is to end: scans stop where they are, to be gone on with. */
  readonly signal: AbortSignal;
  /** Rows up to this event are committed. */
  readonly onProjected: (lastSeq: number) => void;
  readonly onScan: (status: ScanStatus) => void;
  /** Another projection file serves. */
  readonly onSwitched: (file: string) => void;
}

/** Everything that writes: the log, the projections behind it, and the scans that fill it. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #log: EventLog;
  readonly #projector: Projector;
  readonly #scans: ScanQueue<ScanSummary>;
  #parsers: ParserPool | undefined;
  /** Numbers are given here alone: one that was given and not appended is not given again. */
  #nextFile: number;

  private constructor(options: EngineOptions, log: EventLog, projector: Projector) {
    this.#options = options;
    this.#log = log;
    this.#projector = projector;
    this.#scans = new ScanQueue((origin, work) => this.#scan(origin, work));
    this.#nextFile = projector.queries.nextFileNumber();
  }

  /**
   * Opens the log to append, brings the projections level with it, and appends what the settings change.
   * Throws UserError when another process appends, or the directories can't be used.
   */
  static async open(options: EngineOptions): Promise<Engine> {
    const { settings, logger, signal } = options;
    const log = await openLog(settings.stateDir, signal);
    let projector: Projector | undefined;
    try {
      projector = await Projector.open({
        directory: libraryDirectory(settings),
        log,
        signal,
        onRebuild: (reason) => logger.info(`building the library from the log: ${reason}`),
      });
      const engine = new Engine(options, log, projector);
      await engine.#configure();
      return engine;
    } catch (error) {
      await projector?.close();
      await log.close();
      throw error;
    }
  }

  get lastSeq(): number {
    return this.#projector.checkpoint;
  }

  get busy(): boolean {
    return this.#scans.busy;
  }

  /** Goes on with the scans that were cut off. */
  resume(): void {
    for (const { origin, mode } of this.#projector.queries.openScans()) {
      if (!this.#isConfigured(origin)) continue;
      // Which directories were meant is not known any more: a scan of all of it covers them.
      const work: ScanWork = { mode: mode === "full" ? "full" : "changes", directories: [] };
      this.#options.logger.info(`going on with the scan of ${origin}`);
      this.#scans.add(origin, work).catch(alreadyLogged);
    }
  }

  /** Scans origins, all when none is named; resolves when they are done. Throws UserError for an unknown id. */
  rescan(ids: readonly string[], mode: "full" | "changes"): Promise<ScanSummary[]> {
    const known = this.#options.settings.origins.map(({ id }) => id);
    for (const id of ids) this.#requireOrigin(id);
    const origins = ids.length > 0 ? ids : known;
    return Promise.all(origins.map((id) => this.#scans.add(id, { mode, directories: [] })));
  }

  /**
   * Looks again at directories that a watch, or a read that met another version, named. Resolves when that is
   * done, so that who asked can ask again of the next engine when this one crashes.
   */
  async observe(origin: string, directories: readonly string[]): Promise<void> {
    if (!this.#isConfigured(origin)) return;
    await this.#scans.add(origin, { mode: "directories", directories }).catch(alreadyLogged);
  }

  /** Lets the next scan of the origin remove what it does not find, and starts it. */
  async confirmRemovals(id: string): Promise<void> {
    this.#requireOrigin(id);
    const row = this.#projector.queries.origin(id);
    if (row === undefined || row.held_missing === 0) {
      throw new UserError(`Cannot confirm removals of '${id}': none are held`, {
        exitCode: EXIT.notFound,
      });
    }
    await this.#append([{ type: "RemovalsConfirmed", v: 1, data: { origin: id } }]);
    this.#scans.add(id, { mode: "changes", directories: [] })
      .catch(alreadyLogged);
  }

  async replay(): Promise<ReplayResult> {
    const { file, events, files, duration_ms } = await this.#projector.rebuild();
    await this.#projector.catchUp();
    this.#options.onSwitched(file);
    return { events, files, duration_ms };
  }

  /** Reads all of the library, and builds it again when it is damaged. */
  async check(): Promise<void> {
    if (await this.#projector.check()) return;
    await this.#projector.catchUp();
    this.#options.onSwitched(this.#projector.file);
  }

  async verify(): Promise<VerifyResult> {
    return await verifyLibrary({
      directory: libraryDirectory(this.#options.settings),
      log: this.#log,
      signal: this.#options.signal,
    });
  }

  /** Call it after the signal was aborted. */
  async close(): Promise<void> {
    await this.#scans.idle();
    this.#closeParsers();
    await this.#projector.close();
    await this.#log.close();
  }

  async #append(events: readonly MusicEvent[]): Promise<void> {
    await this.#log.append(events);
    await this.#follow();
  }

  /** Brings the projections level with the log, and tells. */
  async #follow(): Promise<void> {
    const file = this.#projector.file;
    const lastSeq = await this.#projector.catchUp();
    if (this.#projector.file !== file) this.#options.onSwitched(this.#projector.file);
    this.#options.onProjected(lastSeq);
  }

  async #configure(): Promise<void> {
    const { settings } = this.#options;
    const { queries } = this.#projector;
    const events = decideConfiguration(
      {
        origins: queries.origins().filter(({ configured }: OriginRow) => configured),
        // A new log names its template, whatever the projections do without one.
        template: this.#log.lastSeq() === 0 ? undefined : queries.template(),
      },
      settings,
    );
    if (events.length > 0) await this.#append(events);
  }

  #isConfigured(id: string): boolean {
    return this.#options.settings.origins.some((origin) => origin.id === id);
  }

  #requireOrigin(id: string): void {
    if (!this.#isConfigured(id)) throw unknownOrigin(id);
  }

  /** One scan, from its turn in the queue to its summary. */
  async #scan(id: string, work: ScanWork): Promise<ScanSummary> {
    const { settings, signal, onScan, logger } = this.#options;
    const { root } = settings.origins.find((origin) => origin.id === id)!;
    const seen = { listed: 0, read: 0, per_second: 0, eta_ms: null };
    onScan({ running: true, origin: id, ...seen });
    try {
      // A scan that failed may have left them behind, as on a full disk: files would look new a second time.
      await this.#follow();
      const cutOff = this.#projector.queries.origin(id)?.open_scan ?? null;
      // A full scan looks at all that the one before did; what is not full does not become it.
      const open = work.mode === "full" && cutOff?.mode !== "full" ? null : cutOff;
      const outcome = await scanOrigin(
        {
          origin: new LocalOrigin(id, root),
          known: knownLibrary(id, () => this.#projector.queries),
          reader: this.#parserPool(),
          append: (events) => this.#append(events),
          nextFile: () => this.#nextFile++,
          clock: systemClock,
        },
        {
          scan: open?.scan ?? this.#projector.queries.nextScanNumber(),
          mode: open?.mode ?? work.mode,
          directories: work.directories,
          ...(open !== null && { resume: { position: open.position } }),
          removalsHold: settings.removalsHold,
          removalsConfirmed: () => this.#projector.queries.origin(id)?.confirmed ?? false,
          signal,
          onProgress: (progress) => onScan({ running: true, origin: id, ...progress }),
        },
      );
      await this.#noteHealth(id, outcome);
      const isNews = work.mode !== "directories" || outcome.read + outcome.removed > 0;
      logger[isNews ? "info" : "debug"](said(id, work, outcome));
      return { origin: id, ...outcome };
    } catch (error) {
      if (!signal.aborted) logger.error(`Cannot scan ${id}: ${messageOf(error)}`);
      throw error;
    } finally {
      onScan({ running: false, origin: null, ...seen });
      if (!this.#scans.waiting) this.#closeParsers();
    }
  }

  async #noteHealth(id: string, { outcome, reason }: ScanOutcome): Promise<void> {
    const health = outcome === "failed" ? "down" : "up";
    const before = this.#projector.queries.origin(id);
    const why = outcome === "failed" ? reason : null;
    if (before?.health === health && before.reason === why) return;
    await this.#append([
      { type: "OriginHealthChanged", v: 1, data: { origin: id, health, reason: why } },
    ]);
  }

  #parserPool(): ParserPool {
    return this.#parsers ??= new ParserPool();
  }

  #closeParsers(): void {
    this.#parsers?.close();
    this.#parsers = undefined;
  }
}

/** The engine of a mount that crashed may need a moment to end: it is waited for. */
async function openLog(directory: string, signal: AbortSignal): Promise<EventLog> {
  const end = Date.now() + PREDECESSOR_MS;
  for (;;) {
    try {
      return openEventLog(directory);
    } catch (error) {
      if (!(error instanceof LogInUse) || Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
    signal.throwIfAborted();
  }
}

/** Nobody waits for the scan; what went wrong stands in the log. */
function alreadyLogged(): void {}

/** One line about a scan, for the log. */
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
