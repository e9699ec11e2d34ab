import type { ScanMode } from "../../events/mod.ts";

/** What is to be scanned of an origin: all of it, or some directories (paths relative to its root). */
export interface ScanWork {
  readonly mode: ScanMode;
  /** Empty unless the mode is "directories". */
  readonly directories: readonly string[];
}

interface Waiting<Result> {
  work: ScanWork;
  readonly done: PromiseWithResolvers<Result>;
}

/**
 * Scans one after the other: the parsers keep every core busy with one. What is asked of an origin while it
 * waits for its turn becomes one scan that covers it all; what is asked while it is being scanned waits for
 * the next turn, since the scan may have passed what changed.
 */
export class ScanQueue<Result> {
  readonly #scan: (origin: string, work: ScanWork) => Promise<Result>;
  readonly #waiting = new Map<string, Waiting<Result>>();
  #running: Promise<void> | undefined;

  constructor(scan: (origin: string, work: ScanWork) => Promise<Result>) {
    this.#scan = scan;
  }

  get busy(): boolean {
    return this.#running !== undefined;
  }

  /** Something waits for its turn. */
  get waiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Resolves when a scan that covers the work is done. */
  add(origin: string, work: ScanWork): Promise<Result> {
    const waiting = this.#waiting.get(origin);
    if (waiting !== undefined) {
      waiting.work = merged(waiting.work, work);
      return waiting.done.promise;
    }
    const done = Promise.withResolvers<Result>();
    this.#waiting.set(origin, { work, done });
    if (this.#running === undefined) this.#start();
    return done.promise;
  }

  /** Resolves when nothing is scanned any more and nothing waits. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  #start(): void {
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      // Added after the last turn was over, before this was noticed.
      if (this.#waiting.size > 0) this.#start();
    });
  }

  async #run(): Promise<void> {
    // What is added in the same turn is taken together.
    await Promise.resolve();
    for (const [origin, { work, done }] of this.#waiting) {
      this.#waiting.delete(origin);
      await this.#scan(origin, work).then(done.resolve, done.reject);
    }
  }
}

const COVERS: readonly ScanMode[] = ["directories", "changes", "full"];

function merged(one: ScanWork, other: ScanWork): ScanWork {
  const mode = COVERS[Math.max(COVERS.indexOf(one.mode), COVERS.indexOf(other.mode))]!;
  if (mode !== "directories") return { mode, directories: [] };
  return { mode, directories: [...new Set([...one.directories, ...other.directories])] };
}
