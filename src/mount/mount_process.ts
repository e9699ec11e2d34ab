import {
  CHUNK_FILES_OPEN,
  createLogger,
  Exclusions,
  EXIT,
  type ExitCode,
  forgetPrograms,
  formatCount,
  keepProgramIn,
  type Logger,
  messageOf,
  UserError,
  withoutChanges,
} from "../base/mod.ts";
import { type MountOptions, mountOptionsFromEnvironment } from "../config/mount_options.ts";
import { cachePlaces, chunksDirectory } from "../config/places.ts";
import type { Settings } from "../config/settings.ts";
import { type Tuning, tuningFromEnvironment } from "../config/tuning.ts";
import { ControlServer, LibraryInUse, LibraryLock, type Service } from "../control/mod.ts";
import type { MountStatus, ResizeReply, WantedCover } from "../control/protocol.ts";
import { FuseSession, mountFileSystem } from "../fuse/mod.ts";
import { raiseOpenFilesLimit, releaseUnusedMemory } from "../posix/mod.ts";
import { type Branch, LibraryFileSystem } from "../vfs/mod.ts";
import { byDirectories } from "./by_directories.ts";
import { EngineCache } from "./engine_cache.ts";
import { LibraryWatch } from "./library_watch.ts";
import { LiveSettings } from "./live_settings.ts";
import { MountEngine } from "./mount_engine.ts";
import { MountLife } from "./mount_life.ts";
import { ChangeReporter } from "./change_reporter.ts";
import { collectionDirectories } from "./collection_directories.ts";
import { openLibrary } from "./open_library.ts";
import { searchDirectories, type SearchDirectoriesParts } from "./search_directories.ts";
import { ServedLibrary } from "./served_library.ts";

/** Kernel read-ahead. Measured: above 512 KiB the plain path gets no faster and random readers pay. */
const READ_AHEAD_KB = 512;
/** With fewer descriptors the engine can't have both logs, their rows and its parsers' pipes open at the same time. */
const OPEN_FILES_MIN = 64;
/** Descriptors that chunk files and players leave to the control socket, the engine's pipes and everything else. */
const DESCRIPTORS_KEPT = 64;
/** How long after a request to the control socket the memory is returned that only its answer needed, in ms. */
const ANSWERED_MS = 500;

/** `__mount`: what `musicfs mount` becomes. Returns when the file system is unmounted. */
export function mountMain(): Promise<ExitCode> {
  return serveMount(mountOptionsFromEnvironment());
}

/** Mounts, and serves until the file system is unmounted. Throws UserError when it can't be mounted. */
export async function serveMount(options: MountOptions): Promise<ExitCode> {
  // A daemon keeps no directory busy, and the processes that it starts need a working directory that every user may
  // enter.
  Deno.chdir("/");
  let { logLevel } = options.settings;
  const logger = createLogger("mount", () => logLevel);
  const process = new MountProcess(options, tuningFromEnvironment(), logger, (settings) => {
    logLevel = settings.logLevel;
  });
  return await process.run();
}

/** The process that answers the kernel: it puts together one mount, its control socket, and the engine. */
class MountProcess {
  readonly #options: MountOptions;
  readonly #tuning: Tuning;
  readonly #logger: Logger;
  readonly #settings: LiveSettings;
  readonly #library: ServedLibrary;
  readonly #engine: MountEngine;
  readonly #life: MountLife;
  /** Whether the process began on a terminal. That terminal may be closed later. */
  readonly #hadTerminal = hasTerminal();
  #reporter: ChangeReporter;
  #lock: LibraryLock | undefined;
  #server: ControlServer | undefined;
  #files: LibraryFileSystem | undefined;
  #libraryWatch: LibraryWatch | undefined;
  #reloading: Promise<void> | undefined;

  constructor(
    options: MountOptions,
    tuning: Tuning,
    logger: Logger,
    onSettings: (settings: Settings) => void,
  ) {
    this.#options = options;
    this.#tuning = tuning;
    this.#logger = logger;
    this.#settings = new LiveSettings(options, logger, onSettings);
    const library = this.#library = new ServedLibrary({
      places: cachePlaces(options.settings),
      logger,
      onFault: (message) => {
        logger.error(`Cannot read the library: ${message}; having it checked`);
        this.#engine.inBackground(this.#engine.restoreLibrary());
      },
    });
    this.#engine = new MountEngine({ settings: () => this.#settings.current, library, logger });
    this.#life = new MountLife({
      logger,
      giveUp: () => this.#endWork(),
      hangUp: () => void this.#server?.close(),
    });
    this.#reporter = this.#newReporter();
  }

  async run(): Promise<ExitCode> {
    const { settings, mountpoint, allowOther, startedAt } = this.#options;
    const openFiles = raiseOpenFilesLimit();
    if (openFiles < OPEN_FILES_MIN) {
      throw new UserError(`${openFiles} open files are too few, ${OPEN_FILES_MIN} are needed`, {
        hint: "raise the limit (ulimit -n, or LimitNOFILE in a unit)",
      });
    }
    const kept = Math.min(DESCRIPTORS_KEPT, Math.floor(openFiles / 4));
    this.#lock = await this.#lockLibrary();
    keepProgramIn(settings.cacheDir);
    forgetPrograms();
    this.#server = new ControlServer(settings.socket, this.#methods(), this.#logger);
    try {
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        Deno.addSignalListener(signal, () => this.#life.interrupt());
      }
      Deno.addSignalListener("SIGHUP", () => this.#hangUp());
      await openLibrary({
        library: this.#library,
        engine: this.#engine,
        openFiles,
        waitMs: this.#tuning.buildWaitMs,
        onFailure: (error) => {
          this.#logger.error(messageOf(error));
          this.#life.end(EXIT.failed);
        },
      });
      const cache = new EngineCache({
        chunksDirectory: chunksDirectory(settings),
        // Chunk files get at most half of the descriptors; the other half is for players.
        keepOpen: Math.min(CHUNK_FILES_OPEN, Math.floor(openFiles / 2)),
        logger: this.#logger,
        ask: (method, params, how) => this.#engine.request(method, params, how),
      });
      const files = new LibraryFileSystem(this.#library.tree, {
        onDrift: (location) => this.#reporter.drifted(location),
        descriptorsMax: openFiles - kept,
        followsLinks: (id) =>
          this.#settings.current.origins.find((it) => it.id === id)?.followLinks ?? false,
        cache,
        readDeadlineMs: this.#tuning.readDeadlineMs,
        showHidden: settings.showHidden,
        covers: this.#covers(settings),
        branches: [
          ...settings.searchEnabled ? this.#searches() : [],
          ...settings.smartCollections ? [this.#collections()] : [],
        ],
      });
      this.#files = files;
      this.#life.mounting();
      const mounted = await mountFileSystem({
        mountpoint,
        allowOther,
        readAheadKb: READ_AHEAD_KB,
        logger: this.#logger,
      });
      this.#life.begin(mounted);
      const session = new FuseSession(mounted.fd, files, {
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
      const mount = {
        mountpoint: mounted.mountpoint,
        pid: Deno.pid,
        since: Date.now(),
        mounted_in_ms: Date.now() - startedAt,
      };
      this.#life.serving(mount);
      this.#sayMounted(mount);
      this.#libraryWatch = new LibraryWatch({
        isThere: () => this.#library.isThere(),
        restore: () => {
          this.#logger.warn(
            "the library was deleted, or another one is in its place; making it anew",
          );
          return this.#engine.restoreLibrary().catch((error) =>
            this.#logger.error(messageOf(error))
          );
        },
      });
      this.#begin();
      // Loading this now spares the first read of a remote file the wait for the code that reads chunks.
      if (settings.origins.some(({ type }) => type !== "local")) {
        this.#engine.inBackground(Promise.try(() => cache.chunks()));
      }
      return await this.#life.over(served);
    } finally {
      await this.#close();
    }
  }

  #covers({ coverSources: sources, coverSizes: sizes, listCoverSizes: isListed }: Settings) {
    return {
      sources,
      sized: {
        ...{ sizes, isListed },
        // The look-up has one deadline for everything that is tried, and aborts the signal when it is over.
        resize: (wanted: WantedCover, signal: AbortSignal) =>
          this.#engine.request("cover.resize", wanted, {
            deadlineMs: Infinity,
            signal,
          }) as Promise<ResizeReply>,
      },
    };
  }

  #searches(): Branch[] {
    const parts: SearchDirectoriesParts = {
      library: this.#library,
      ask: (...asked) => this.#engine.request(...asked),
      tell: () => this.#files?.branchChanged(),
      giveUp: (nodes) => this.#files?.giveUp(nodes),
      logger: this.#logger,
    };
    return [searchDirectories(parts), byDirectories(parts)];
  }

  #collections(): Branch {
    return collectionDirectories({
      library: this.#library,
      ask: (...asked) => this.#engine.request(...asked),
      tell: () => this.#files?.branchChanged(),
      logger: this.#logger,
    });
  }

  #newReporter(): ChangeReporter {
    return new ChangeReporter({
      origins: this.#settings.current.origins,
      exclusions: new Exclusions(this.#settings.current.exclude),
      logger: this.#logger,
      ask: (method, params) => this.#engine.ask(method, params),
    });
  }

  /**
   * Locks the library for the life of this process (law 14). When the disk gives no lock, it gives no place to write
   * to either, and the mount goes on read-only.
   */
  async #lockLibrary(): Promise<LibraryLock | undefined> {
    const { settings, mountpoint } = this.#options;
    const { socket } = settings;
    try {
      return await LibraryLock.take(settings, { command: "mount", mountpoint, socket });
    } catch (error) {
      if (error instanceof LibraryInUse || !(error instanceof UserError)) throw error;
      this.#logger.warn(withoutChanges(error));
      return undefined;
    }
  }

  #sayMounted({ mountpoint, mounted_in_ms }: MountStatus): void {
    const what = this.#library.open()
      ? `shows ${formatCount(this.#library.tree.totals().tracks)} tracks`
      : "is an input/output error until the library was built from the log";
    this.#logger.info(`${mountpoint} ${what}, mounted in ${mounted_in_ms} ms`);
  }

  /** Begins the work beside the answers: a first look at the origins, and watches on the local ones. */
  #begin(): void {
    const origins = this.#settings.current.origins.map(({ id }) => id);
    if (this.#options.scan) this.#reporter.all(origins);
    else this.#engine.wake();
    if (this.#tuning.watch) this.#engine.inBackground(this.#reporter.watch());
  }

  /**
   * The methods of the control socket. Their code is loaded at the first request, so that mounting does not wait for
   * it.
   */
  #methods(): Service["methods"] {
    let loading: Promise<Service["methods"]> | undefined;
    const load = async () => {
      const { servedMethods } = await import(
        import.meta.resolve("./control_methods.ts")
      ) as typeof import("./control_methods.ts");
      // Loading leaves 14 MB of memory behind that nobody needs afterwards. It is returned now, since the first answer
      // may name the memory of this process.
      releaseUnusedMemory();
      return servedMethods({
        settings: this.#settings,
        library: this.#library,
        engine: this.#engine,
        life: this.#life,
        reads: () => this.#files?.counters ?? { hits: 0, misses: 0 },
        logger: this.#logger,
      });
    };
    let releasing: ReturnType<typeof setTimeout> | undefined;
    return {
      get: async (name) => {
        clearTimeout(releasing);
        releasing = setTimeout(releaseUnusedMemory, ANSWERED_MS);
        Deno.unrefTimer(Number(releasing));
        return (await (loading ??= load())).get(name);
      },
    };
  }

  /**
   * Handles SIGHUP. A terminal that closes sends it to all processes that it started; a person sends it to have a
   * daemon read its configuration again.
   */
  #hangUp(): void {
    if (this.#hadTerminal && !hasTerminal()) return this.#life.interrupt();
    this.#reloading ??= this.#reload().catch((error) => this.#logger.error(messageOf(error)))
      .finally(() => this.#reloading = undefined);
  }

  async #reload(): Promise<void> {
    if (!await this.#settings.reload()) return;
    this.#reporter.close();
    await this.#engine.restart();
    this.#reporter = this.#newReporter();
    this.#begin();
  }

  /** Ends all that writes, and unlocks the library. */
  async #endWork(): Promise<void> {
    this.#engine.rest();
    this.#reporter.close();
    await this.#engine.stop();
    // Only the process with the lock may delete files in the library's cache directory.
    if (this.#lock !== undefined) forgetPrograms();
    this.#lock?.[Symbol.dispose]();
    this.#lock = undefined;
  }

  async #close(): Promise<void> {
    this.#engine.rest();
    this.#libraryWatch?.close();
    this.#reporter.close();
    await this.#life.settled();
    await this.#server?.close();
    await this.#endWork();
    this.#library.close();
  }
}

/** Whether this process has a terminal that is still open. */
function hasTerminal(): boolean {
  try {
    Deno.openSync("/dev/tty").close();
    return true;
  } catch {
    return false;
  }
}
