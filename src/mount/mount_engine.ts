import { SCHEMA } from "../../projections/mod.ts";
import {
  EXIT,
  formatBuild,
  formatScan,
  type Logger,
  messageOf,
  ProgressLine,
  UserError,
} from "../base/mod.ts";
import type { Settings } from "../config/settings.ts";
import { canWorkTogether, type Program, programText, thisProgram } from "../control/mod.ts";
import type { BuildStatus, CacheWork, OriginFigures, ScanStatus } from "../control/protocol.ts";
import { releaseUnusedMemory } from "../posix/mod.ts";
import { Alarms } from "./alarms.ts";
import { startEngine } from "./engine_link.ts";
import type { ServedLibrary } from "./served_library.ts";
import { NO_SCAN } from "./status.ts";
import { type AskOptions, EngineGone, type EngineState, EngineSupervisor } from "./supervisor.ts";

/** What the engine is given to end in order. */
const ENGINE_GRACE_MS = 5_000;
/** After the engine left, what it was told is still being worked through for this long. */
const SETTLE_MS = 500;

export interface MountEngineParts {
  /** The settings in force. */
  readonly settings: () => Settings;
  readonly library: ServedLibrary;
  readonly logger: Logger;
}

/** What the engine said last of each thing that it tells of; while there is none, that nothing is going on. */
export interface EngineNews {
  readonly scan: ScanStatus;
  readonly build: BuildStatus | null;
  readonly figures: readonly OriginFigures[];
  readonly cacheWork: CacheWork | null;
  readonly lastSeq: number;
  /** The program that the last engine was. */
  readonly program: Program | undefined;
}

/**
 * The engine of a mount: started when something is asked of it or due, started again when it crashed, and listened to.
 * What it commits is shown, and how far it is stands on the terminal.
 */
export class MountEngine {
  readonly #parts: MountEngineParts;
  readonly #supervisor: EngineSupervisor;
  readonly #alarms: Alarms;
  readonly #progress = new ProgressLine();
  readonly #ready = Promise.withResolvers<void>();
  readonly #building = Promise.withResolvers<void>();
  #news: EngineNews = {
    ...{ scan: NO_SCAN, build: null, figures: [], cacheWork: null, lastSeq: 0 },
    program: undefined,
  };

  /** Kept for the next engine: a password is of the environment, which is that of the mount for all its life. */
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

  /** Resolves when an engine has the library level with the log; rejects with a UserError when none can. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Resolves when a library is being built. */
  get building(): Promise<void> {
    return this.#building.promise;
  }

  get news(): EngineNews {
    return this.#news;
  }

  get state(): EngineState {
    return this.#supervisor.state;
  }

  /** Starts the engine unless it runs; what it finds to do, it does by itself. */
  wake(): void {
    this.#supervisor.wake();
  }

  request(method: string, params: unknown, options: AskOptions): Promise<unknown> {
    return this.#supervisor.request(method, params, options);
  }

  /** Work of the engine takes as long as it takes; resolves when the mount shows what the engine did. */
  async ask(method: string, params: unknown, signal?: AbortSignal): Promise<unknown> {
    const answer = await this.#supervisor.request(method, params, {
      deadlineMs: Infinity,
      ...signal && { signal },
    });
    await this.#parts.library.told;
    return answer;
  }

  /** Nobody waits for this work; what goes wrong stands in the log. */
  inBackground(work: Promise<unknown>): void {
    work.catch((error) => {
      if (!(error instanceof EngineGone)) this.#parts.logger.error(messageOf(error));
    });
  }

  /** Resolves when the engine found the library sound, or built it anew, and it was opened again. */
  async restoreLibrary(): Promise<void> {
    await this.ask("engine.check", {});
    this.#projected(this.#news.lastSeq, true);
    await this.#parts.library.told;
  }

  /** Ends the engine; the next one has the settings that are in force by then. */
  restart(): Promise<void> {
    return this.#supervisor.restart(ENGINE_GRACE_MS);
  }

  /** Starts no engine any more when the schedule wants one. */
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
        // Older than the handshake itself.
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
    // Rows may have been committed that the engine did not live to tell of.
    if (code !== EXIT.done) this.#projected(this.#news.lastSeq);
    if (code === EXIT.done || code === EXIT.usage || this.state.problem !== null) {
      this.#ready.reject(
        new UserError("Cannot mount without a library, and the engine could not build one", {
          hint: "its reason stands above",
        }),
      );
    }
  }

  /** An upgrade may have come between mount and engine. Said once of each program that an engine turns out to be. */
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
    // Answered when it is done: after a crash the next engine is asked again then.
    const scans = this.ask("origin.rescan", { ids, full: false, wait: true });
    this.inBackground(scans.catch((error) => {
      // Only an engine that starts tells when the next scan is due.
      if (!(error instanceof EngineGone)) this.#alarms.ringAgain(ids);
      throw error;
    }));
  }

  #note(news: Partial<EngineNews>): void {
    this.#news = { ...this.#news, ...news };
  }

  #projected(lastSeq: number, always: boolean = false): void {
    this.#showBuild(null);
    this.#note({ lastSeq: Math.max(this.#news.lastSeq, lastSeq) });
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
