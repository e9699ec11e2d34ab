import { LibraryReader, SCHEMA } from "../../projections/mod.ts";
import {
  CHUNK_FILES_OPEN,
  createLogger,
  EXIT,
  type ExitCode,
  forgetPrograms,
  formatCount,
  formatScan,
  keepProgramIn,
  type Logger,
  messageOf,
  ProgressLine,
  UserError,
} from "../base/mod.ts";
import { type MountOptions, mountOptionsFromEnvironment } from "../config/mount_options.ts";
import { chunksDirectory, libraryDirectory } from "../config/places.ts";
import { type Tuning, tuningFromEnvironment } from "../config/tuning.ts";
import {
  type CallContext,
  canWorkTogether,
  ControlServer,
  LibraryInUse,
  LibraryLock,
  type Program,
  programText,
  thisProgram,
  unknownOrigin,
} from "../control/mod.ts";
import type {
  CacheWork,
  ControlMethods,
  MountStatus,
  OriginFigures,
  ScanStatus,
  ScanSummary,
  Status,
} from "../control/protocol.ts";
import { FuseSession, type Mounted, mountFileSystem } from "../fuse/mod.ts";
import { raiseOpenFilesLimit, releaseUnusedMemory } from "../posix/mod.ts";
import { LibraryFileSystem } from "../vfs/mod.ts";
import { Alarms } from "./alarms.ts";
import { EngineContent } from "./engine_content.ts";
import { startEngine } from "./engine_link.ts";
import { GuardedTree } from "./guarded_tree.ts";
import { Observations } from "./observations.ts";
import { EngineGone, EngineSupervisor } from "./supervisor.ts";
import { NO_SCAN, statusOf } from "./status.ts";

/** Kernel read-ahead. Measured: above 512 KiB the plain path gets no faster and random readers pay. */
const READ_AHEAD_KB = 512;
/** What the engine is given to end in order. */
const ENGINE_GRACE_MS = 5_000;

/** Who asks for the status waits so long for origins that were not looked at lately. */
const CHECK_MS = 3_000;

/** After the engine left, what it was told is still being worked through for this long. */
const SETTLE_MS = 500;

/** `__mount`: what `musicfs mount` becomes. Returns when the file system is unmounted. */
export async function mountMain(): Promise<ExitCode> {
  const options = mountOptionsFromEnvironment();
  const logger = createLogger("mount", options.settings.logLevel);
  const process = new MountProcess(options, tuningFromEnvironment(), logger);
  return await process.run();
}

/** The process that answers: one mount, its control socket, and an engine at hand. */
class MountProcess {
  readonly #options: MountOptions;
  readonly #tuning: Tuning;
  readonly #logger: Logger;
  readonly #directory: string;
  readonly #progress = new ProgressLine();
  readonly #engine: EngineSupervisor;
  readonly #alarms: Alarms;
  readonly #observations: Observations;
  readonly #ready = Promise.withResolvers<void>();
  #reader: LibraryReader | undefined;
  #tree: GuardedTree | undefined;
  #files: LibraryFileSystem | undefined;
  #mounted: Mounted | undefined;
  #mount: MountStatus | undefined;
  #scan: ScanStatus = NO_SCAN;
  #figures: readonly OriginFigures[] = [];
  /** The program that the last engine was. */
  #engineProgram: Program | undefined;
  #cacheWork: CacheWork | null = null;
  #lastSeq = 0;
  /** Resolves when the kernel has forgotten what the rows committed so far made untrue. */
  #told: Promise<void> = Promise.resolve();
  #unmounting: ReturnType<Mounted["unmount"]> | undefined;

  constructor(options: MountOptions, tuning: Tuning, logger: Logger) {
    this.#options = options;
    this.#tuning = tuning;
    this.#logger = logger;
    this.#directory = libraryDirectory(options.settings);
    this.#engine = new EngineSupervisor({ start: () => this.#startEngine(), logger });
    this.#ready.promise.catch(() => {});
    this.#alarms = new Alarms((due) => this.#ring(due));
    this.#observations = new Observations({
      origins: options.settings.origins,
      logger,
      ask: (method, params) => this.#ask(method, params),
    });
  }

  async run(): Promise<ExitCode> {
    const { settings, mountpoint, allowOther, startedAt } = this.#options;
    const openFiles = raiseOpenFilesLimit();
    using _lock = await this.#lock();
    keepProgramIn(settings.cacheDir);
    forgetPrograms();
    const server = new ControlServer(settings.socket, this.#handlers(), this.#logger);
    try {
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
        Deno.addSignalListener(signal, () => this.#interrupt());
      }
      const reader = await this.#openLibrary();
      const tree = new GuardedTree(reader, (message) => this.#libraryFailed(message));
      const content = new EngineContent({
        chunksDirectory: chunksDirectory(settings),
        // The other half is for players.
        keepOpen: Math.min(CHUNK_FILES_OPEN, Math.floor(openFiles / 2)),
        logger: this.#logger,
        ask: (method, params, how) => this.#engine.request(method, params, how),
      });
      const files = new LibraryFileSystem(tree, {
        onDrift: (location) => this.#observations.drifted(location),
        followsLinks: (id) => settings.origins.find((it) => it.id === id)?.followLinks ?? false,
        content,
      });
      this.#files = files;
      this.#tree = tree;
      this.#mounted = await mountFileSystem({
        mountpoint,
        allowOther,
        readAheadKb: READ_AHEAD_KB,
        logger: this.#logger,
      });
      const session = new FuseSession(this.#mounted.fd, files, {
        uid: Deno.uid() ?? 0,
        gid: Deno.gid() ?? 0,
        passthrough: this.#tuning.passthrough,
        logger: this.#logger,
      });
      files.connect(session.kernel);
      const served = session.run();
      this.#mount = {
        mountpoint: this.#mounted.mountpoint,
        pid: Deno.pid,
        since: Date.now(),
        mounted_in_ms: Date.now() - startedAt,
      };
      this.#logger.info(
        `${mountpoint} shows ${formatCount(reader.totals().tracks)} tracks, ` +
          `mounted in ${this.#mount.mounted_in_ms} ms`,
      );
      this.#begin();
      // The first read of what is not local is not to wait for what reads chunks.
      if (settings.origins.some(({ type }) => type !== "local")) {
        this.#background(Promise.try(() => content.chunks()));
      }
      await served;
      return EXIT.done;
    } finally {
      await this.#close(server);
    }
  }

  /** Law 14: for its life, this process alone has the library. Without a lock there is nothing that it may write to. */
  async #lock(): Promise<LibraryLock | undefined> {
    const { settings, mountpoint } = this.#options;
    const { socket } = settings;
    try {
      return await LibraryLock.take(settings, { command: "mount", mountpoint, socket });
    } catch (error) {
      if (error instanceof LibraryInUse || !(error instanceof UserError)) throw error;
      this.#logger.warn(`${error.message}; showing what is known, without looking for changes`);
      return undefined;
    }
  }

  /** The library as it is; without one, the engine builds it from the log first. */
  async #openLibrary(): Promise<LibraryReader> {
    this.#reader = LibraryReader.open(this.#directory);
    if (this.#reader !== undefined) return this.#reader;
    this.#engine.wake();
    await this.#ready.promise;
    this.#reader = LibraryReader.open(this.#directory);
    if (this.#reader !== undefined) return this.#reader;
    throw new UserError(`Cannot open the library in ${this.#directory}`, {
      hint: "musicfs doctor checks the cache directory",
    });
  }

  /** What goes on beside the answers. */
  #begin(): void {
    if (this.#options.scan) this.#background(this.#rescan([]));
    else this.#engine.wake();
    if (this.#tuning.watch) this.#observations.watch();
  }

  #handlers() {
    return {
      status: () => this.#askedStatus(),
      unmount: async ({ mountpoint }: { mountpoint: string }) => {
        if (mountpoint !== this.#mount?.mountpoint) {
          throw new UserError(`Cannot unmount ${mountpoint}: it is not served here`, {
            exitCode: EXIT.notFound,
          });
        }
        return { in_use: await this.#unmount() === "detached" };
      },
      "origin.rescan": (
        { ids, full, wait }: { ids: string[]; full: boolean; wait: boolean },
      ) => {
        const unknown = ids.find((id) => !this.#options.settings.origins.some((o) => o.id === id));
        if (unknown !== undefined) throw unknownOrigin(unknown);
        const scans = this.#rescan(ids, full);
        if (wait) return forCaller(scans);
        this.#background(scans);
        return [];
      },
      ...this.#passedOn(
        "origin.confirm_removals",
        "cache.clear",
        "cache.verify",
        "cache.pin",
        "cache.unpin",
        "cache.warm",
        "events.replay",
        "events.verify",
      ),
    };
  }

  /** What the engine does, in the words in which it was asked here. */
  #passedOn<Name extends keyof ControlMethods>(...names: Name[]) {
    const ask = (name: Name) => async (params: unknown, { signal }: CallContext) =>
      await forCaller(this.#ask(name, params, signal)) as never;
    return Object.fromEntries(names.map((name) => [name, ask(name)])) as {
      [Passed in Name]: (params: unknown, context: CallContext) => Promise<never>;
    };
  }

  /** Work of the engine takes as long as it takes; who waited for it sees in the mount what it did. */
  async #ask(method: string, params: unknown, signal?: AbortSignal): Promise<unknown> {
    const answer = await this.#engine.request(method, params, {
      deadlineMs: Infinity,
      ...signal && { signal },
    });
    await this.#told;
    return answer;
  }

  #ring(due: readonly (string | null)[]): void {
    const ids = due.filter((id) => id !== null);
    if (ids.length < due.length) this.#engine.wake();
    if (ids.length === 0) return;
    this.#background(
      this.#rescan(ids).catch((error) => {
        // Only an engine that starts tells when the next scan is due.
        if (!(error instanceof EngineGone)) this.#alarms.ringAgain(ids);
        throw error;
      }),
    );
  }

  /** Asked so that it is answered when it is done: then it is asked again of the next engine after a crash. */
  async #rescan(ids: string[], full: boolean = false): Promise<ScanSummary[]> {
    return await this.#ask("origin.rescan", { ids, full, wait: true }) as ScanSummary[];
  }

  /** Nobody waits for it; what goes wrong stands in the log. */
  #background(work: Promise<unknown>): void {
    work.catch((error) => {
      if (!(error instanceof EngineGone)) this.#logger.error(messageOf(error));
    });
  }

  #startEngine() {
    let introduced = false;
    const engine = startEngine(this.#options.settings, thisProgram(SCHEMA), {
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
      "engine.switched": () => this.#projected(this.#lastSeq),
      "engine.scan": (scan) => this.#showScan(scan),
      "engine.origins": ({ origins }) => this.#figures = origins,
      "engine.cache": ({ work }) => this.#cacheWork = work,
      "engine.due": ({ scans }) => this.#alarms.set(scans),
    });
    engine.ended.then((code) => {
      setTimeout(releaseUnusedMemory, SETTLE_MS);
      this.#showScan(NO_SCAN);
      this.#figures = [];
      this.#cacheWork = null;
      // Rows may have been committed that it did not live to tell of.
      if (code !== EXIT.done) this.#projected(this.#lastSeq);
      if (code === EXIT.done || code === EXIT.usage || this.#engine.state.problem !== null) {
        this.#ready.reject(
          new UserError("Cannot mount without a library, and the engine could not build one", {
            hint: "its reason stands above",
          }),
        );
      }
    });
    return engine;
  }

  /** An upgrade may have come between mount and engine. Said once of each program that an engine turns out to be. */
  #greet(program: Program): void {
    const ours = thisProgram(SCHEMA);
    const isNews = programText(program) !== programText(this.#engineProgram ?? ours);
    this.#engineProgram = program;
    if (!canWorkTogether(ours, program)) {
      const theirs = programText(program);
      const why = `it is MusicFS ${theirs}, and this mount is ${programText(ours)}`;
      this.#engine.shun(why);
      if (isNews) {
        this.#logger.error(
          `the engine cannot be used: ${why}; what is known stays readable, and nothing new is ` +
            "found or fetched until this is unmounted and mounted again",
        );
      }
    } else if (isNews) {
      this.#logger.warn(
        `the engine is MusicFS ${program.version}, this mount ${ours.version}; ` +
          "unmount and mount again to have one of them",
      );
    }
  }

  /** Rows were committed: another file may serve, the kernel may have to forget something. */
  #projected(lastSeq: number): void {
    this.#lastSeq = Math.max(this.#lastSeq, lastSeq);
    const reader = this.#reader;
    const tree = this.#tree;
    const files = this.#files;
    if (reader === undefined || tree === undefined || files === undefined) return;
    const told = reader.reopen() ? files.replaceTree(tree) : files.treeChanged();
    this.#told = told.catch((error) => {
      this.#logger.error(`Cannot follow the library: ${messageOf(error)}`);
    });
  }

  #libraryFailed(message: string): void {
    this.#logger.error(`Cannot read the library: ${message}; having it checked`);
    this.#background(this.#ask("engine.check", {}));
  }

  #showScan(scan: ScanStatus): void {
    this.#scan = scan;
    if (scan.running) this.#progress.update(formatScan(scan));
    else this.#progress.clear();
  }

  /** Nobody looks at remote origins while nobody reads; who asks how they are is the reason to look. */
  async #askedStatus(): Promise<Status> {
    const isUnknown = this.#engine.state.state === "off" &&
      this.#options.settings.origins.some(({ type }) => type !== "local");
    if (isUnknown) {
      const checked = this.#engine.request("origin.check", {}, { deadlineMs: CHECK_MS });
      await checked.catch((error) =>
        this.#logger.debug(`Cannot check origins: ${messageOf(error)}`)
      );
    }
    return this.#status();
  }

  #status(): Status {
    return statusOf({
      libraryDirectory: this.#directory,
      mount: this.#mount,
      engine: { ...this.#engine.state, version: this.#engineProgram?.version ?? null },
      scan: this.#scan,
      lastSeq: this.#lastSeq,
      settings: this.#options.settings,
      figures: this.#figures,
      cacheWork: this.#cacheWork,
      reads: this.#files?.counters ?? { hits: 0, misses: 0 },
    });
  }

  /** Asked a second time, or before there is a mount, there is nothing to wait for. */
  #interrupt(): void {
    if (this.#mounted === undefined || this.#unmounting) Deno.exit(EXIT.interrupted);
    this.#unmount().catch((error) => this.#logger.error(messageOf(error)));
  }

  /** Takes the mount off the tree; `run` returns when the last open file is closed. Equal calls are one. */
  #unmount(): ReturnType<Mounted["unmount"]> {
    return this.#unmounting ??= this.#takeOff(this.#mounted!);
  }

  async #takeOff(mounted: Mounted): ReturnType<Mounted["unmount"]> {
    const outcome = await mounted.unmount();
    this.#mount = undefined;
    if (outcome === "detached") {
      this.#logger.warn(
        "files of the mount are still open; ending when they are closed (Ctrl-C again ends it now)",
      );
    }
    return outcome;
  }

  async #close(server: ControlServer): Promise<void> {
    this.#progress.clear();
    this.#alarms.stop();
    this.#observations.close();
    // Who asked for the end is answered first.
    await this.#unmounting?.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve));
    await server.close();
    await this.#engine.stop(ENGINE_GRACE_MS);
    this.#reader?.close();
    forgetPrograms();
  }
}

/** What was asked on the control socket: without an engine it fails for a reason that is told as it stands. */
async function forCaller<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof EngineGone)) throw error;
    throw new UserError(error.message, { hint: "unmount, and mount again", cause: error });
  }
}
