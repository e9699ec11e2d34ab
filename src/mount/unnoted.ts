import { type Logger, messageOf } from "../base/mod.ts";

/** Directories of one origin beyond which all of it is looked at instead: so many names need no keeping. */
const DIRECTORIES_MAX = 10_000;
/** What could not be noted is tried again after this long, then after twice as long, up to the most. */
const AGAIN_MS = 1_000;
const AGAIN_MS_MAX = 60_000;

export interface UnnotedOptions {
  readonly logger: Logger;
  /** Aborted when nothing is to be noted any more. */
  readonly signal: AbortSignal;
  /** Has directories of an origin looked at, or all of it; resolves once the log has what was found. */
  readonly look: (origin: string, directories: readonly string[] | "all") => Promise<unknown>;
  readonly againMs?: number;
}

interface Waiting {
  readonly directories: Set<string>;
  isAll: boolean;
  isBusy: boolean;
  /** 0 while nothing went wrong. */
  againMs: number;
}

/**
 * What was noticed of origins and does not stand in the log yet. It is kept until it does: a log whose disk is full, or
 * an engine that can't start, loses nothing.
 */
export class Unnoted {
  readonly #options: UnnotedOptions;
  readonly #origins = new Map<string, Waiting>();

  constructor(options: UnnotedOptions) {
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
    // What is noticed in the same turn is looked at together.
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
        await pause(waiting.againMs, signal);
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

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
