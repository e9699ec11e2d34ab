import type { ScanMode } from "../../events/mod.ts";

/** The part of an origin to be scanned: all of it, or some directories (paths relative to its root). */
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
 * Runs scans one after the other, since the parsers of one keep every core busy. Requests for an origin that is
 * waiting become one scan that covers all of them. A request during the origin's scan waits for the next one, since
 * the scan may have passed the place of the change.
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

  /** Whether any origin is waiting. */
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

  /** Resolves once nothing is scanned and nothing is waiting. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  #start(): void {
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      // An origin may have been added after the last turn, before the end was noticed.
      if (this.#waiting.size > 0) this.#start();
    });
  }

  async #run(): Promise<void> {
    // Requests of the same turn of the event loop become one scan.
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
