import { SCHEMA } from "../../projections/mod.ts";
import {
  CHUNK_FILES_OPEN,
  createLogger,
  Exclusions,
  EXIT,
  type ExitCode,
  forgetPrograms,
  formatBuild,
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
import type { Settings } from "../config/settings.ts";
import { type Tuning, tuningFromEnvironment } from "../config/tuning.ts";
import {
  canWorkTogether,
  ControlServer,
  type Handlers,
  LibraryInUse,
  LibraryLock,
  type Program,
  programText,
  thisProgram,
} from "../control/mod.ts";
import type {
  BuildStatus,
  CacheWork,
  MountStatus,
  OriginFigures,
  ScanStatus,
  Status,
} from "../control/protocol.ts";
import {
  detachMount,
  FuseSession,
  mountAt,
  type Mounted,
  type MountEntry,
  mountFileSystem,
} from "../fuse/mod.ts";
import { raiseOpenFilesLimit, releaseUnusedMemory } from "../posix/mod.ts";
import { LibraryFileSystem } from "../vfs/mod.ts";
import { Alarms } from "./alarms.ts";
import { cacheStats } from "./cache_stats.ts";
import { controlMethods } from "./control_methods.ts";
import { EngineContent } from "./engine_content.ts";
import { startEngine } from "./engine_link.ts";
import { holdersOf } from "./holders.ts";
import { LibraryWatch } from "./library_watch.ts";
import { Observations } from "./observations.ts";
import { compareSettings, readSettings } from "./reload.ts";
import { ServedLibrary } from "./served_library.ts";
import { EngineGone, EngineSupervisor } from "./supervisor.ts";
import { NO_SCAN, statusOf } from "./status.ts";

/** Kernel read-ahead. Measured: above 512 KiB the plain path gets no faster and random readers pay. */
const READ_AHEAD_KB = 512;
/** What the engine is given to end in order. */
const ENGINE_GRACE_MS = 5_000;

/** So many descriptors are left to the control socket, to the engine's pipes and to others when players have the rest. */
const DESCRIPTORS_KEPT = 64;
/** With fewer, what can't be opened is likely one too many. */
const OPEN_FILES_MIN = 128;
/** Who asks for the status waits so long for origins that were not looked at lately. */
const CHECK_MS = 3_000;

/** After the engine left, what it was told is still being worked through for this long. */
const SETTLE_MS = 500;
/** What players that have files open get to close them after a signal has asked for the end. */
const CLOSING_MS = 5_000;

/** `__mount`: what `musicfs mount` becomes. Returns when the file system is unmounted. */
export async function mountMain(): Promise<ExitCode> {
  const options = mountOptionsFromEnvironment();
  // No daemon keeps a directory busy, and all that it starts finds one that it may be in.
  Deno.chdir("/");
  let { logLevel } = options.settings;
  const logger = createLogger("mount", () => logLevel);
  const process = new MountProcess(options, tuningFromEnvironment(), logger, (settings) => {
    logLevel = settings.logLevel;
  });
  return await process.run();
}

/** The process that answers: one mount, its control socket, and an engine at hand. */
class MountProcess {
  readonly #options: MountOptions;
  readonly #tuning: Tuning;
  readonly #logger: Logger;
  readonly #onSettings: (settings: Settings) => void;
  readonly #progress = new ProgressLine();
  readonly #library: ServedLibrary;
  readonly #engine: EngineSupervisor;
  readonly #alarms: Alarms;
  readonly #ready = Promise.withResolvers<void>();
  /** Resolves when a library is being built. */
  readonly #building = Promise.withResolvers<void>();
  /** Resolves when this is to end though the kernel has not let go. */
  readonly #cutOff = Promise.withResolvers<ExitCode>();
  /** Whether it began on a terminal, which may be closed. */
  readonly #hadTerminal = hasTerminal();
  /** What is in force: it may be read again. */
  #settings: Settings;
  #observations: Observations;
  #lock: LibraryLock | undefined;
  #server: ControlServer | undefined;
  #files: LibraryFileSystem | undefined;
  #mounted: Mounted | undefined;
  #entry: MountEntry | undefined;
  #mount: MountStatus | undefined;
  #detached: MountStatus | undefined;
  #scan: ScanStatus = NO_SCAN;
  #build: BuildStatus | null = null;
  #figures: readonly OriginFigures[] = [];
  /** The program that the last engine was. */
  #engineProgram: Program | undefined;
  #cacheWork: CacheWork | null = null;
  #lastSeq = 0;
  #libraryWatch: LibraryWatch | undefined;
  #unmounting: ReturnType<Mounted["unmount"]> | undefined;
  #interrupted = false;
  #reloading: Promise<void> | undefined;
  #released: Promise<void> | undefined;

  constructor(
    options: MountOptions,
    tuning: Tuning,
    logger: Logger,
    onSettings: (settings: Settings) => void,
  ) {
    this.#options = options;
    this.#settings = options.settings;
    this.#tuning = tuning;
    this.#logger = logger;
    this.#onSettings = onSettings;
    this.#library = new ServedLibrary({
      directory: libraryDirectory(options.settings),
      logger,
      onFault: (message) => this.#libraryFailed(message),
    });
    this.#engine = new EngineSupervisor({ start: () => this.#startEngine(), logger });
    this.#ready.promise.catch(() => {});
    this.#alarms = new Alarms((due) => this.#ring(due));
    this.#observations = this.#observe();
  }

  async run(): Promise<ExitCode> {
    const { settings, mountpoint, allowOther, startedAt } = this.#options;
    const openFiles = raiseOpenFilesLimit();
    const kept = Math.min(DESCRIPTORS_KEPT, Math.floor(openFiles / 4));
    this.#lock = await this.#lockLibrary();
    keepProgramIn(settings.cacheDir);
    forgetPrograms();
    this.#server = new ControlServer(settings.socket, this.#methods(), this.#logger);
    try {
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        Deno.addSignalListener(signal, () => this.#interrupt());
      }
      Deno.addSignalListener("SIGHUP", () => this.#hangUp());
      await this.#openLibrary(openFiles);
      const content = new EngineContent({
        chunksDirectory: chunksDirectory(settings),
        // The other half is for players.
        keepOpen: Math.min(CHUNK_FILES_OPEN, Math.floor(openFiles / 2)),
        logger: this.#logger,
        ask: (method, params, how) => this.#engine.request(method, params, how),
      });
      const files = new LibraryFileSystem(this.#library.tree, {
        onDrift: (location) => this.#observations.drifted(location),
        descriptorsMax: openFiles - kept,
        followsLinks: (id) =>
          this.#settings.origins.find((it) => it.id === id)?.followLinks ?? false,
        content,
        readDeadlineMs: this.#tuning.readDeadlineMs,
      });
      this.#files = files;
      this.#mounted = await mountFileSystem({
        mountpoint,
        allowOther,
        readAheadKb: READ_AHEAD_KB,
        logger: this.#logger,
      });
      this.#entry = mountAt(this.#mounted.mountpoint);
      const session = new FuseSession(this.#mounted.fd, files, {
        uid: Deno.uid() ?? 0,
        gid: Deno.gid() ?? 0,
        shown: this.#options.shown,
        passthrough: this.#tuning.passthrough,
        ...(this.#tuning.fuseMinor !== undefined && { minorMax: this.#tuning.fuseMinor }),
        logger: this.#logger,
      });
      files.connect(session.kernel);
      this.#library.connect(files);
      const served = session.run();
      this.#mount = {
        mountpoint: this.#mounted.mountpoint,
        pid: Deno.pid,
        since: Date.now(),
        mounted_in_ms: Date.now() - startedAt,
      };
      this.#sayMounted(this.#mount);
      this.#libraryWatch = new LibraryWatch({
        isThere: () => this.#library.isThere(),
        restore: () => {
          this.#logger.warn(
            "the library was deleted, or another one is in its place; making it anew",
          );
          return this.#restoreLibrary().catch((error) => this.#logger.error(messageOf(error)));
        },
      });
      this.#begin();
      // The first read of what is not local is not to wait for what reads chunks.
      if (settings.origins.some(({ type }) => type !== "local")) {
        this.#background(Promise.try(() => content.chunks()));
      }
      return await Promise.race([served.then(() => this.#afterServing()), this.#cutOff.promise]);
    } finally {
      await this.#close();
    }
  }

  #observe(): Observations {
    return new Observations({
      origins: this.#settings.origins,
      exclusions: new Exclusions(this.#settings.exclude),
      logger: this.#logger,
      ask: (method, params) => this.#ask(method, params),
    });
  }

  /** Law 14: for its life, this process alone has the library. Without a lock there is nothing that it may write to. */
  async #lockLibrary(): Promise<LibraryLock | undefined> {
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

  /** The library as it is; without one, the engine builds it from the log, which is waited for a moment. */
  async #openLibrary(openFiles: number): Promise<void> {
    if (this.#library.open()) return;
    this.#engine.wake();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const waitMs = this.#tuning.buildWaitMs;
    const later = this.#building.promise.then(() =>
      new Promise<"later">((resolve) => timer = setTimeout(resolve, waitMs, "later"))
    );
    const outcome = await Promise.race([this.#ready.promise, later]);
    clearTimeout(timer);
    if (this.#library.open()) return;
    if (outcome === "later") {
      this.#ready.promise.catch((error) => {
        this.#logger.error(messageOf(error));
        this.#end(EXIT.failed);
      });
      return;
    }
    // SQLite does not say why it can't open a file; with so few it is most likely that.
    const isNarrow = openFiles < OPEN_FILES_MIN;
    throw new UserError(`Cannot open the library in ${libraryDirectory(this.#settings)}`, {
      hint: isNarrow
        ? `${openFiles} open files are too few: raise the limit (ulimit -n, or LimitNOFILE in a unit)`
        : "musicfs doctor checks the cache directory",
    });
  }

  #sayMounted({ mountpoint, mounted_in_ms }: MountStatus): void {
    const what = this.#library.open()
      ? `shows ${formatCount(this.#library.tree.totals().tracks)} tracks`
      : "is an input/output error until the library was built from the log";
    this.#logger.info(`${mountpoint} ${what}, mounted in ${mounted_in_ms} ms`);
  }

  /** What goes on beside the answers. */
  #begin(): void {
    const origins = this.#settings.origins.map(({ id }) => id);
    if (this.#options.scan) this.#observations.all(origins);
    else this.#engine.wake();
    if (this.#tuning.watch) this.#observations.watch();
  }

  /** What the control socket answers. */
  #methods(): Handlers {
    return controlMethods({
      own: {
        status: () => this.#askedStatus(),
        "cache.stats": () => cacheStats(libraryDirectory(this.#settings), this.#reads),
        unmount: async ({ mountpoint, force = false }) => {
          if (mountpoint !== (this.#mount ?? this.#detached)?.mountpoint) {
            throw new UserError(`Cannot unmount ${mountpoint}: it is not served here`, {
              exitCode: EXIT.notFound,
            });
          }
          const inUse = await this.#unmount() === "detached";
          if (inUse && force) this.#end(EXIT.done);
          return { in_use: inUse && !force };
        },
        release: async () => {
          const detached = this.#detached;
          if (detached === undefined) {
            throw new UserError("Cannot give up the library: it is served here");
          }
          await (this.#released ??= this.#giveUp());
          // Who asked is answered first.
          setTimeout(() => this.#server?.close());
          return { mountpoint: detached.mountpoint, pid: Deno.pid };
        },
      },
      isOrigin: (id) => this.#settings.origins.some((origin) => origin.id === id),
      ask: (...asked) => this.#ask(...asked),
      inBackground: (work) => this.#background(work),
    });
  }

  get #reads(): { hits: number; misses: number } {
    return this.#files?.counters ?? { hits: 0, misses: 0 };
  }

  /** Work of the engine takes as long as it takes; who waited for it sees in the mount what it did. */
  async #ask(method: string, params: unknown, signal?: AbortSignal): Promise<unknown> {
    const answer = await this.#engine.request(method, params, {
      deadlineMs: Infinity,
      ...signal && { signal },
    });
    await this.#library.told;
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
  async #rescan(ids: string[]): Promise<void> {
    await this.#ask("origin.rescan", { ids, full: false, wait: true });
  }

  /** Nobody waits for it; what goes wrong stands in the log. */
  #background(work: Promise<unknown>): void {
    work.catch((error) => {
      if (!(error instanceof EngineGone)) this.#logger.error(messageOf(error));
    });
  }

  #startEngine() {
    let introduced = false;
    const engine = startEngine(this.#settings, thisProgram(SCHEMA), {
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
      "engine.build": (build) => this.#showBuild(build),
      "engine.scan": (scan) => this.#showScan(scan),
      "engine.origins": ({ origins }) => this.#figures = origins,
      "engine.cache": ({ work }) => this.#cacheWork = work,
      "engine.due": ({ scans }) => this.#alarms.set(scans),
    });
    engine.ended.then((code) => {
      setTimeout(releaseUnusedMemory, SETTLE_MS);
      this.#showScan(NO_SCAN);
      this.#showBuild(null);
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

  #projected(lastSeq: number, always: boolean = false): void {
    this.#showBuild(null);
    this.#lastSeq = Math.max(this.#lastSeq, lastSeq);
    this.#library.committed(always);
  }

  #libraryFailed(message: string): void {
    this.#logger.error(`Cannot read the library: ${message}; having it checked`);
    this.#background(this.#restoreLibrary());
  }

  /** Resolves when the engine found the library sound, or built it anew, and it was opened again. */
  async #restoreLibrary(): Promise<void> {
    await this.#ask("engine.check", {});
    this.#projected(this.#lastSeq, true);
    await this.#library.told;
  }

  #showScan(scan: ScanStatus): void {
    this.#scan = scan;
    if (scan.running) this.#progress.update(formatScan(scan));
    else this.#progress.clear();
  }

  /** Nobody looks at remote origins while nobody reads; who asks how they are is the reason to look. */
  async #askedStatus(): Promise<Status> {
    const isUnknown = this.#engine.state.state === "off" &&
      this.#settings.origins.some(({ type }) => type !== "local");
    if (isUnknown) {
      const checked = this.#engine.request("origin.check", {}, { deadlineMs: CHECK_MS });
      await checked.catch((error) =>
        this.#logger.debug(`Cannot check origins: ${messageOf(error)}`)
      );
    }
    return await this.#status();
  }

  #showBuild(build: BuildStatus | null): void {
    this.#build = build;
    if (build === null) {
      if (!this.#scan.running) this.#progress.clear();
      return;
    }
    this.#building.resolve();
    this.#progress.update(formatBuild(build));
  }

  async #status(): Promise<Status> {
    const detached = this.#detached;
    return statusOf({
      libraryDirectory: libraryDirectory(this.#settings),
      mount: this.#mount,
      detached: detached === undefined
        ? null
        : { ...detached, holders: await holdersOf(this.#entry?.id ?? -1) },
      build: this.#buildStatus(),
      engine: { ...this.#engine.state, version: this.#engineProgram?.version ?? null },
      scan: this.#scan,
      lastSeq: this.#lastSeq,
      settings: this.#settings,
      figures: this.#figures,
      cacheWork: this.#cacheWork,
      reads: this.#reads,
    });
  }

  /** What can't be shown yet is being built, or will be as soon as there is an engine again. */
  #buildStatus(): Status["build"] {
    const shown = this.#library.isOpen;
    if (this.#build === null) return shown ? null : { events: 0, of: 0, shown };
    return { ...this.#build, shown };
  }

  /** SIGHUP is what a closed terminal sends to all that it started, and how a daemon is told to look again. */
  #hangUp(): void {
    if (this.#hadTerminal && !hasTerminal()) return this.#interrupt();
    this.#reloading ??= this.#reload().catch((error) => this.#logger.error(messageOf(error)))
      .finally(() => this.#reloading = undefined);
  }

  async #reload(): Promise<void> {
    const read = await readSettings(this.#options);
    if (read === null) {
      this.#logger.error("the configuration cannot be used: what was in force stays in force");
      return;
    }
    const { settings, changed, left } = compareSettings(this.#settings, read);
    if (left.length > 0) {
      this.#logger.warn(`only another mount can take over: ${left.join(", ")}`);
    }
    if (changed.length === 0) {
      this.#logger.info("read the configuration again: nothing else is in force");
      return;
    }
    this.#settings = settings;
    this.#onSettings(settings);
    this.#logger.info(`read the configuration again; new are: ${changed.join(", ")}`);
    this.#observations.close();
    await this.#engine.restart(ENGINE_GRACE_MS);
    this.#observations = this.#observe();
    this.#begin();
  }

  /** Asked a second time, or before there is a mount, there is nothing to wait for. */
  #interrupt(): void {
    if (this.#mounted === undefined || this.#interrupted) Deno.exit(EXIT.interrupted);
    this.#interrupted = true;
    this.#unmount().then((outcome) => {
      if (outcome === "detached") setTimeout(() => this.#end(EXIT.done), CLOSING_MS);
    }, (error) => this.#logger.error(messageOf(error)));
  }

  /** Ends now, whoever still has files open: their next read fails. */
  #end(code: ExitCode): void {
    if (this.#mounted === undefined) Deno.exit(code);
    this.#unmount().catch((error) => this.#logger.error(messageOf(error)))
      .finally(() => this.#cutOff.resolve(code));
  }

  /** Takes the mount off the tree; `run` returns when the last open file is closed. Equal calls are one. */
  #unmount(): ReturnType<Mounted["unmount"]> {
    return this.#unmounting ??= this.#takeOff(this.#mounted!);
  }

  async #takeOff(mounted: Mounted): ReturnType<Mounted["unmount"]> {
    const outcome = await mounted.unmount();
    if (outcome === "detached") {
      this.#detached = this.#mount;
      const holders = (await holdersOf(this.#entry?.id ?? -1))
        .map(({ pid, name }) => `${name} (${pid})`);
      const who = holders.length === 0 ? "" : ` by ${holders.join(", ")}`;
      this.#logger.warn(
        `files of the mount are still open${who}; ending when they are closed, or in ` +
          `${CLOSING_MS / 1_000} s after a signal`,
      );
    }
    this.#mount = undefined;
    return outcome;
  }

  /** The kernel has hung up: because the mount was taken off, or because somebody broke the connection. */
  async #afterServing(): Promise<ExitCode> {
    const { mountpoint } = this.#mounted!;
    const entry = mountAt(mountpoint);
    if (this.#unmounting !== undefined || entry?.id !== this.#entry?.id) return EXIT.done;
    this.#logger.error(
      `the kernel's connection to ${mountpoint} was broken from outside (umount -f does so): ` +
        "taking it off, and ending",
    );
    const left = await detachMount(mountpoint);
    if (left !== undefined) this.#logger.error(`Cannot take off ${mountpoint}: ${left}`);
    return EXIT.failed;
  }

  /** Ends all that the library has of this process but reading. */
  async #giveUp(): Promise<void> {
    this.#logger.info("another mount takes over; what is open here is served until it is closed");
    await this.#endWork();
  }

  async #endWork(): Promise<void> {
    this.#alarms.stop();
    this.#observations.close();
    await this.#engine.stop(ENGINE_GRACE_MS);
    // Only who has the library may clear up in it.
    if (this.#lock !== undefined) forgetPrograms();
    this.#lock?.[Symbol.dispose]();
    this.#lock = undefined;
  }

  async #close(): Promise<void> {
    this.#progress.clear();
    this.#libraryWatch?.close();
    this.#alarms.stop();
    this.#observations.close();
    // Who asked for the end is answered first.
    await this.#unmounting?.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve));
    await this.#server?.close();
    await this.#endWork();
    this.#library.close();
  }
}

/** Whether this process has a terminal that is still there. */
function hasTerminal(): boolean {
  try {
    Deno.openSync("/dev/tty").close();
    return true;
  } catch {
    return false;
  }
}
