import { abortableSleep, type Logger, messageOf } from "../base/mod.ts";

/** With more changed directories than this, the whole origin is scanned instead, so that their names need no memory. */
const DIRECTORIES_MAX = 10_000;
/**
 * How long to wait before the next attempt when changes could not be noted. Each failure doubles the wait, up to the
 * maximum.
 */
const AGAIN_MS = 1_000;
const AGAIN_MS_MAX = 60_000;

export interface UnreportedChangesOptions {
  readonly logger: Logger;
  /** Aborted when no more changes are to be noted. */
  readonly signal: AbortSignal;
  /**
   * Has the engine scan directories of an origin, or all of it; resolves once the log has the changes that it found.
   */
  readonly look: (origin: string, directories: readonly string[] | "all") => Promise<unknown>;
  readonly againMs?: number;
}

interface Waiting {
  readonly directories: Set<string>;
  isAll: boolean;
  isBusy: boolean;
  /** The wait before the next attempt, in ms; 0 while nothing went wrong. */
  againMs: number;
}

/**
 * The changes that were noticed on origins and are not in the log yet. A change is kept until the log has it, so that
 * a full disk or an engine that can't start loses none.
 */
export class UnreportedChanges {
  readonly #options: UnreportedChangesOptions;
  readonly #origins = new Map<string, Waiting>();

  constructor(options: UnreportedChangesOptions) {
    this.#options = options;
  }

  add(origin: string, directories: readonly string[] | "all"): void {
    const waiting = this.#waitingFor(origin);
    keep(waiting, directories);
    if (!waiting.isBusy) void this.#note(origin, waiting);
  }

  #waitingFor(origin: string): Waiting {
    let waiting = this.#origins.get(origin);
    if (waiting === undefined) {
      waiting = { directories: new Set(), isAll: false, isBusy: false, againMs: 0 };
      this.#origins.set(origin, waiting);
    }
    return waiting;
  }

  async #note(origin: string, waiting: Waiting): Promise<void> {
    const { signal, look, logger, againMs = AGAIN_MS } = this.#options;
    waiting.isBusy = true;
    // Changes that are noticed in the same turn of the event loop make one request.
    await Promise.resolve();
    while (!signal.aborted && (waiting.isAll || waiting.directories.size > 0)) {
      const directories = waiting.isAll ? "all" : [...waiting.directories];
      waiting.isAll = false;
      waiting.directories.clear();
      try {
        await look(origin, directories);
        if (waiting.againMs > 0) logger.info(`${origin}: what changed meanwhile was noted`);
        waiting.againMs = 0;
      } catch (error) {
        if (signal.aborted) break;
        keep(waiting, directories);
        const isNews = waiting.againMs === 0;
        waiting.againMs = Math.min(Math.max(againMs, 2 * waiting.againMs), AGAIN_MS_MAX);
        if (isNews) {
          const message = `${origin}: Cannot note what changed, it is kept and tried again: `;
          logger.warn(message + messageOf(error));
        }
        await abortableSleep(waiting.againMs, signal);
      }
    }
    waiting.isBusy = false;
  }
}

function keep(waiting: Waiting, directories: readonly string[] | "all"): void {
  if (directories !== "all") { for (const path of directories) waiting.directories.add(path); }
  if (directories !== "all" && waiting.directories.size <= DIRECTORIES_MAX) return;
  waiting.isAll = true;
  waiting.directories.clear();
}
