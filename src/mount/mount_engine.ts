import { SCHEMA } from "../../projections/library_file.ts";
import {
  EXIT,
  formatBuild,
  formatScan,
  laterSeq,
  LOG_START,
  type Logger,
  messageOf,
  ProgressLine,
  type Seq,
  UserError,
} from "../base/mod.ts";
import type { Settings } from "../config/settings.ts";
import { canWorkTogether, type Program, programText, thisProgram } from "../control/mod.ts";
import type { BuildStatus, CacheWork, OriginFigures, ScanStatus } from "../control/protocol.ts";
import { releaseUnusedMemory } from "../posix/mod.ts";
import { Alarms } from "./alarms.ts";
import { startEngine } from "./engine_link.ts";
import type { ServedLibrary } from "./served_library.ts";
import { type AskOptions, EngineGone, type EngineState, EngineSupervisor } from "./supervisor.ts";

/** How long the engine may take to end in order before it is killed. */
const ENGINE_GRACE_MS = 5_000;
/**
 * How long after the engine's end the mount returns unused memory to the system: by then the last notifications are
 * worked off.
 */
const SETTLE_MS = 500;

/** What `status` says of scans while none runs. */
const NO_SCAN: ScanStatus = {
  running: false,
  origin: null,
  listed: 0,
  read: 0,
  per_second: 0,
  eta_ms: null,
  reread_left: 0,
};

export interface MountEngineParts {
  /** The settings that the next engine starts with. */
  readonly settings: () => Settings;
  readonly library: ServedLibrary;
  readonly logger: Logger;
}

/** What the engine last told of each thing. The initial values say that nothing is going on. */
export interface EngineNews {
  readonly scan: ScanStatus;
  readonly build: BuildStatus | null;
  readonly figures: readonly OriginFigures[];
  readonly cacheWork: CacheWork | null;
  readonly lastSeq: Seq;
  /** The program of the last engine; undefined before the first one said hello. */
  readonly program: Program | undefined;
}

/**
 * The engine of a mount. This starts it when something is asked of it or due, starts it again when it crashed,
 * listens to it, shows what it commits, and draws its progress on the terminal.
 */
export class MountEngine {
  readonly #parts: MountEngineParts;
  readonly #supervisor: EngineSupervisor;
  readonly #alarms: Alarms;
  readonly #progress = new ProgressLine();
  readonly #ready = Promise.withResolvers<void>();
  readonly #building = Promise.withResolvers<void>();
  #news: EngineNews = {
    ...{ scan: NO_SCAN, build: null, figures: [], cacheWork: null, lastSeq: LOG_START },
    program: undefined,
  };

  /**
   * Roots of origins that refused a password. The mount keeps them for the next engine: a password comes from the
   * mount's environment, so it stays wrong for as long as the mount lives.
   */
  #refused: readonly string[] = [];

  constructor(parts: MountEngineParts) {
    this.#parts = parts;
    this.#supervisor = new EngineSupervisor({
      start: () => this.#start(),
      logger: parts.logger,
    });
    this.#ready.promise.catch(() => {});
    this.#alarms = new Alarms((due) => this.#ring(due));
  }

  /** Resolves once an engine has brought the library level with the log; rejects with a UserError when none can. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Resolves once an engine has begun to build the library. */
  get building(): Promise<void> {
    return this.#building.promise;
  }

  get news(): EngineNews {
    return this.#news;
  }

  get state(): EngineState {
    return this.#supervisor.state;
  }

  /** Starts the engine unless it runs. The engine finds by itself what it has to do. */
  wake(): void {
    this.#supervisor.wake();
  }

  request(method: string, params: unknown, options: AskOptions): Promise<unknown> {
    return this.#supervisor.request(method, params, options);
  }

  /**
   * Sends a request without a deadline, since the engine's work takes as long as it takes. Resolves once the mount
   * shows what the engine did.
   */
  async ask(method: string, params: unknown, signal?: AbortSignal): Promise<unknown> {
    const answer = await this.#supervisor.request(method, params, {
      deadlineMs: Infinity,
      ...signal && { signal },
    });
    await this.#parts.library.told;
    return answer;
  }

  /** Logs what goes wrong with work whose result nobody awaits. */
  inBackground(work: Promise<unknown>): void {
    work.catch((error) => {
      if (!(error instanceof EngineGone)) this.#parts.logger.error(messageOf(error));
    });
  }

  /**
   * Has the engine check the library and, when it is broken, build it anew. Resolves once the mount has opened it
   * again.
   */
  async restoreLibrary(): Promise<void> {
    await this.ask("engine.check", {});
    this.#projected(this.#news.lastSeq, true);
    await this.#parts.library.told;
  }

  /** Ends the engine. The next one starts with the settings that are in force then. */
  restart(): Promise<void> {
    return this.#supervisor.restart(ENGINE_GRACE_MS);
  }

  /** Stops the schedule: no alarm starts an engine any more. */
  rest(): void {
    this.#progress.clear();
    this.#alarms.stop();
  }

  /** Ends the engine and starts none any more. */
  async stop(): Promise<void> {
    this.rest();
    await this.#supervisor.stop(ENGINE_GRACE_MS);
  }

  #start() {
    let introduced = false;
    const { settings } = this.#parts;
    const engine = startEngine(settings(), thisProgram(SCHEMA), this.#refused, {
      "engine.hello": (program) => {
        introduced = true;
        this.#greet(program);
      },
      "engine.ready": ({ last_seq }) => {
        // An engine that says "ready" without "hello" is older than the handshake itself.
        if (!introduced) this.#greet({ version: "unknown", protocol: 0, schema: 0 });
        this.#ready.resolve();
        this.#projected(last_seq);
      },
      "engine.projected": ({ last_seq }) => this.#projected(last_seq),
      "engine.switched": () => this.#projected(this.#news.lastSeq),
      "engine.build": (build) => this.#showBuild(build),
      "engine.scan": (scan) => this.#showScan(scan),
      "engine.origins": ({ origins }) => this.#note({ figures: origins }),
      "engine.refused": ({ roots }) => this.#refused = roots,
      "engine.cache": ({ work }) => this.#note({ cacheWork: work }),
      "engine.due": ({ scans }) => this.#alarms.set(scans),
    });
    engine.ended.then((code) => this.#ended(code));
    return engine;
  }

  #ended(code: number): void {
    setTimeout(releaseUnusedMemory, SETTLE_MS);
    this.#showScan(NO_SCAN);
    this.#showBuild(null);
    this.#note({ figures: [], cacheWork: null });
    // A crashed engine may have committed rows that it could not tell of any more.
    if (code !== EXIT.done) this.#projected(this.#news.lastSeq);
    if (code === EXIT.done || code === EXIT.usage || this.state.problem !== null) {
      this.#ready.reject(
        new UserError("Cannot mount without a library, and the engine could not build one", {
          hint: "its reason stands above",
        }),
      );
    }
  }

  /**
   * Compares the engine's program with the mount's own, since an upgrade may have come between them. A difference is
   * logged once for each program that an engine turns out to be.
   */
  #greet(program: Program): void {
    const { logger } = this.#parts;
    const ours = thisProgram(SCHEMA);
    const isNews = programText(program) !== programText(this.#news.program ?? ours);
    this.#note({ program });
    if (!canWorkTogether(ours, program)) {
      const theirs = programText(program);
      const why = `it is MusicFS ${theirs}, and this mount is ${programText(ours)}`;
      this.#supervisor.shun(why);
      if (isNews) {
        logger.error(
          `the engine cannot be used: ${why}; what is known stays readable, and nothing new is ` +
            "found or fetched until this is unmounted and mounted again",
        );
      }
    } else if (isNews) {
      logger.warn(
        `the engine is MusicFS ${program.version}, this mount ${ours.version}; ` +
          "unmount and mount again to have one of them",
      );
    }
  }

  #ring(due: readonly (string | null)[]): void {
    const ids = due.filter((id) => id !== null);
    if (ids.length < due.length) this.wake();
    if (ids.length === 0) return;
    // The engine answers when the scans are over: when it crashes before, the request goes to the next engine.
    const scans = this.ask("origin.rescan", { ids, full: false, wait: true });
    this.inBackground(scans.catch((error) => {
      // Only an engine that starts sets the next alarms. After EngineGone the mount starts none any more.
      if (!(error instanceof EngineGone)) this.#alarms.ringAgain(ids);
      throw error;
    }));
  }

  #note(news: Partial<EngineNews>): void {
    this.#news = { ...this.#news, ...news };
  }

  #projected(lastSeq: Seq, always: boolean = false): void {
    this.#showBuild(null);
    this.#note({ lastSeq: laterSeq(this.#news.lastSeq, lastSeq) });
    this.#parts.library.committed(always);
  }

  #showScan(scan: ScanStatus): void {
    this.#note({ scan });
    if (scan.running) this.#progress.update(formatScan(scan));
    else this.#progress.clear();
  }

  #showBuild(build: BuildStatus | null): void {
    this.#note({ build });
    if (build === null) {
      if (!this.#news.scan.running) this.#progress.clear();
      return;
    }
    this.#building.resolve();
    this.#progress.update(formatBuild(build));
  }
}
