import type { EventLog, OriginHealth } from "../../events/mod.ts";
import { type LibraryProjector, openLibrary, type OriginRow } from "../../projections/mod.ts";
import { Exclusions, type Logger, messageOf, type Seq } from "../base/mod.ts";
import { libraryDirectory } from "../config/places.ts";
import type { Settings } from "../config/settings.ts";
import { TransferEvents } from "../cache/mod.ts";
import { unknownOrigin } from "../control/mod.ts";
import type {
  BuildStatus,
  CacheChange,
  CacheWork,
  OriginFigures,
  ScanStatus,
  ScanSummary,
} from "../control/protocol.ts";
import type { Origin } from "../origins/mod.ts";
import { CacheService } from "./cache_service.ts";
import { Figures } from "./figures.ts";
import { Insistence } from "./insistence.ts";
import { LibraryCollections } from "./library_collections.ts";
import { LibrarySearch } from "./library_search.ts";
import { openLog } from "./open_log.ts";
import { OriginFacts } from "./origin_facts.ts";
import { Origins, type OriginsParts } from "./origins.ts";
import { PlaylistFiles, type PlaylistWork } from "./playlist_files.ts";
import { RescanPace } from "./rescan_pace.ts";
import { Scans } from "./scans.ts";
import { WrittenCache } from "./written_cache.ts";
import { WrittenLibrary } from "./written_library.ts";

export interface EngineOptions {
  readonly settings: Settings;
  readonly logger: Logger;
  /** Aborted when the engine is to end: scans stop where they are, and the next engine continues them. */
  readonly signal: AbortSignal;
  /** Called when the rows up to this event are committed. */
  readonly onProjected: (lastSeq: Seq) => void;
  readonly onScan: (status: ScanStatus) => void;
  /** Called with the progress of the cache's work for which a person waits; with null when there is none. */
  readonly onCacheWork: (work: CacheWork | null) => void;
  readonly refused: OriginsParts["refused"];
  readonly onRefused: OriginsParts["onRefused"];
  /** Called with the figures of remote origins whenever they change. */
  readonly onOrigins: (figures: OriginFigures[]) => void;
  /**
   * Called with the progress of a library that is being built; `onSwitched` or the end of `open` says that it is done.
   */
  readonly onBuild: (build: BuildStatus) => void;
  /** Called when another projection file serves. */
  readonly onSwitched: (file: string) => void;
}

/** The parts that write: the log, the projections behind it, the scans that fill it, and the cache. */
export class Engine {
  readonly #options: EngineOptions;
  readonly library: WrittenLibrary;
  readonly search: LibrarySearch;
  readonly collections: LibraryCollections;
  readonly #projector: LibraryProjector;
  readonly #origins: Origins;
  readonly #transfers: TransferEvents;
  readonly #scans: Scans;
  readonly #rescans = new RescanPace((origin) => this.#scans.begin(origin, "changes"));
  readonly #playlists: PlaylistFiles;
  readonly #facts: OriginFacts;
  readonly #insistence: Insistence;
  readonly #figures: Figures | undefined;
  #cache: CacheService | undefined;
  /** The check of the library that is under way because a search found its index damaged. */
  #checking: Promise<void> | undefined;
  /** Resolves when all facts that were found in the background are in the log. */
  #noting: Promise<unknown> = Promise.resolve();

  private constructor(
    options: EngineOptions,
    log: EventLog,
    projector: LibraryProjector,
    stored: WrittenCache,
    origins: Origins,
    search: LibrarySearch,
  ) {
    this.#options = options;
    this.#projector = projector;
    this.#origins = origins;
    const { logger, signal, onProjected } = options;
    const library = this.library = new WrittenLibrary({
      ...{ log, projector, cache: stored, logger, signal, onProjected },
      directory: libraryDirectory(options.settings),
    });
    this.search = search;
    this.collections = new LibraryCollections({
      ...{ settings: options.settings, search },
      queries: () => projector.queries,
      append: (events) => this.library.appendContent(events),
    });
    this.#playlists = new PlaylistFiles({
      ...{ origins, logger, signal },
      queries: () => projector.queries,
      append: (events) => library.append(events),
    });
    this.#facts = new OriginFacts({
      settings: options.settings,
      queries: () => projector.queries,
      append: (events) => library.append(events),
      logger: options.logger,
    });
    this.#insistence = new Insistence({
      observe: (...where) => this.observe(...where),
      signal: options.signal,
    });
    this.#scans = new Scans({
      ...{ origins, projector, removalsHold: options.settings.removalsHold },
      tagEncoding: options.settings.tagEncoding,
      exclusions: new Exclusions(options.settings.exclude),
      append: (events) => library.append(events),
      follow: () => library.follow(),
      onScanned: (...scanned) => this.#scanned(...scanned),
      onStatus: options.onScan,
      ...{ signal: options.signal, logger: options.logger },
    });
    const counted = origins.remote().map(({ origin: { id }, egress }) => ({
      id,
      get bytes() {
        return egress.total;
      },
    }));
    this.#transfers = new TransferEvents(counted, (events) => library.append(events), Date.now());
    // Local origins have no figures: then no timer disturbs the engine.
    if (counted.length > 0) {
      this.#figures = new Figures({
        figures: () => origins.figures(),
        tell: options.onOrigins,
        look: () => {
          origins.sayBudgets();
          this.#inBackground(this.#transfers.note(Date.now()));
        },
      });
    }
  }

  /**
   * Opens the log to append, brings the projections level with it, and appends the changes of the settings. Rejects
   * with UserError when another process appends, or the directories can't be used.
   */
  static async open(options: EngineOptions): Promise<Engine> {
    const { settings, logger, signal } = options;
    const log = await openLog(settings.stateDir, signal);
    let checkLibrary = () => {};
    const search = new LibrarySearch({
      ...{ directory: libraryDirectory(settings), settings },
      onDamaged: () => checkLibrary(),
    });
    let projector: LibraryProjector | undefined;
    let cache: WrittenCache | undefined;
    let origins: Origins | undefined;
    try {
      projector = await openLibrary({
        directory: libraryDirectory(settings),
        log,
        signal,
        onProgress: ({ events, of }) => options.onBuild({ events, of }),
        onRebuild: (reason) => logger.info(`building from the log: ${reason}`),
        onSwitched: (file) => {
          cache?.forget();
          search.forget();
          options.onSwitched(file);
        },
        onFault: (error) =>
          logger.error(`Cannot build what is new in the library: ${messageOf(error)}`),
      });
      const opened = projector;
      const parts = { queries: () => opened.queries, logger, signal };
      const stored = cache = await WrittenCache.open({
        ...{ places: settings, library: { log, projector }, logger, signal },
        onSwitched: options.onSwitched,
      });
      let noteHealth: OriginsParts["onHealth"] = () => {};
      origins = await Origins.open({
        ...parts,
        settings: settings.origins,
        ...{ refused: options.refused, onRefused: options.onRefused },
        onHealth: (...health) => noteHealth(...health),
      });
      const engine = new Engine(options, log, projector, stored, origins, search);
      await engine.#facts.configure(log.lastSeq() === 0);
      checkLibrary = () => engine.#checkLibrary();
      noteHealth = (...health) => engine.#noteHealth(...health);
      engine.#cache = await CacheService.open({
        ...parts,
        settings,
        origins,
        log: stored,
        append: (events) => engine.library.appendContent(events),
        onDrift: (origin, directory) =>
          engine.#inBackground(engine.#insistence.insist(origin, directory)),
        onWork: options.onCacheWork,
      });
      origins.watch();
      return engine;
    } catch (error) {
      await origins?.close();
      await cache?.close();
      await projector?.close();
      await log.close();
      throw error;
    }
  }

  get lastSeq(): Seq {
    return this.#projector.checkpoint;
  }

  /** The rows of all origins that the log names. */
  get originRows(): OriginRow[] {
    return this.#projector.queries.origins();
  }

  /** Whether there is work that keeps the engine from ending. */
  get busy(): boolean {
    return this.#scans.busy || this.#playlists.busy || this.cache.busy || this.library.busy ||
      this.#insistence.busy || this.#checking !== undefined;
  }

  /** Resolves when every remote origin was asked whether it answers, and the log has the results. */
  async checkOrigins(): Promise<void> {
    await this.#origins.checked();
    await this.#noting;
  }

  get cache(): CacheService {
    return this.#cache!;
  }

  /** Continues the scans that were cut off, the reading of playlists, the fetching of pinned tracks, and the comparison of copies. */
  resume(): void {
    this.#readPlaylists({ isNews: false, isThorough: false });
    this.cache.completePins();
    void this.cache.compare();
    for (const { origin, mode } of this.#projector.queries.openScans()) {
      if (!this.#isConfigured(origin)) continue;
      // It is no longer known which directories were to be scanned: a scan of the whole origin covers them.
      this.#options.logger.info(`going on with the scan of ${origin}`);
      this.#scans.begin(origin, mode === "full" ? "full" : "changes");
    }
  }

  /** Scans origins, or all when `ids` is empty; resolves when all are scanned. Throws UserError for an unknown id. */
  rescan(ids: readonly string[], mode: "full" | "changes"): Promise<ScanSummary[]> {
    const known = this.#options.settings.origins.map(({ id }) => id);
    for (const id of ids) this.#requireOrigin(id);
    const origins = ids.length > 0 ? ids : known;
    return Promise.all(origins.map((id) => this.#scans.add(id, { mode, directories: [] })));
  }

  /**
   * To be called when a person asks for these origins, or for all when `ids` is empty: refused passwords are tried once
   * more.
   */
  logInAgain(ids: readonly string[]): void {
    this.#origins.logInAgain(ids);
  }

  /**
   * Scans directories that a watch named, or a read that met another version. Resolves when that is done, so that the
   * caller can ask the next engine again when this one crashes.
   */
  async observe(origin: string, directories: readonly string[]): Promise<void> {
    if (!this.#isConfigured(origin)) return;
    await this.#scans.add(origin, { mode: "directories", directories });
  }

  /**
   * Lets the next scan of the origin remove the files that it does not find, and starts it. Rejects with UserError for
   * an unknown id, and when no removals are held.
   */
  async confirmRemovals(id: string): Promise<void> {
    this.#requireOrigin(id);
    await this.#facts.confirmRemovals(id);
    this.#scans.begin(id, "changes");
  }

  async clearCache(origin: string | null): Promise<CacheChange> {
    // An origin that is no longer configured may still have bytes in the cache.
    if (origin !== null && this.#projector.queries.origin(origin) === undefined) {
      throw unknownOrigin(origin);
    }
    return await this.cache.clear(origin);
  }

  /** To be called after the signal was aborted. */
  async close(): Promise<void> {
    this.#figures?.close();
    this.library.rest();
    this.#rescans.close();
    await this.#scans.close();
    await this.#playlists.close();
    await this.#cache?.close();
    await this.#transfers.note(Date.now(), true);
    await this.#noting;
    await this.#origins.close();
    this.search.forget();
    await this.library.close();
  }

  /** Checks the library in the background, once however many searches found it damaged. */
  #checkLibrary(): void {
    if (this.#checking !== undefined) return;
    this.#checking = this.library.check().finally(() => this.#checking = undefined);
    this.#inBackground(this.#checking);
  }

  #inBackground(work: Promise<unknown>): void {
    const logged = work.catch((error) => {
      if (!this.#options.signal.aborted) this.#options.logger.error(messageOf(error));
    });
    // `then(() => {})` drops the result, which the chain would otherwise keep as long as the engine lives.
    this.#noting = this.#noting.then(() => logged).then(() => {});
  }

  #isConfigured(id: string): boolean {
    return this.#options.settings.origins.some((origin) => origin.id === id);
  }

  #requireOrigin(id: string): void {
    if (!this.#isConfigured(id)) throw unknownOrigin(id);
  }

  /** To be called when a scan is over. Its result is the health of a local origin; a remote one has health checks. */
  async #scanned(
    { id, kind }: Origin,
    failure: string | null,
    news: PlaylistWork,
  ): Promise<void> {
    if (failure === null) this.#rescans.completed(id);
    if (kind === "local") await this.#facts.health(id, failure === null ? "up" : "down", failure);
    else this.cache.followChanges();
    if (failure === null) await this.#facts.letLeave();
    if (failure === null) this.cache.completePins();
    if (failure === null) this.#readPlaylists(news);
    await this.cache.compare();
  }

  #readPlaylists(work: PlaylistWork): void {
    if (this.#options.settings.smartCollections) this.#playlists.look(work);
  }

  /**
   * Notes that a remote origin went away or came back. When it came back and its last scan had failed, it is scanned
   * again.
   */
  #noteHealth(id: string, health: OriginHealth, reason: string | null): void {
    this.#inBackground(this.#facts.health(id, health, reason));
    if (health === "up" && !this.#options.signal.aborted) {
      this.cache.completePins();
      void this.cache.compare();
    }
    const failed = this.#projector.queries.origin(id)?.failed_scan_reason ?? null;
    if (health !== "up" || failed === null || this.#options.signal.aborted) return;
    this.#rescans.cameBack(id);
  }
}
