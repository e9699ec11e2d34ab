import type { FileReader, FileReading, SkippedFile } from "../metadata/mod.ts";
import type { Candidate } from "./decide.ts";

/** Files in one job: few, so that all workers finish at about the same time, but enough that a message costs little. */
const JOB_FILES = 64;
/** How many jobs each worker of the reader has at a time: the one that it works on, and the next. */
const JOBS_PER_WORKER = 2;

/** Takes a file that was read, or the reason why it was not. */
export type Emit = (candidate: Candidate, reading: FileReading | SkippedFile) => Promise<void>;

interface Job {
  readonly candidates: readonly Candidate[];
  readonly readings: Promise<readonly (FileReading | SkippedFile)[]>;
  isDone: boolean;
}

/**
 * Has files read ahead, and passes them on in the order in which they were added. The walk continues while the workers
 * read, and waits when they are behind.
 */
export class OrderedReadings {
  readonly #reader: FileReader;
  readonly #emit: Emit;
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  readonly #jobs: Job[] = [];
  #open: Candidate[] = [];

  constructor(reader: FileReader, emit: Emit, signal?: AbortSignal) {
    this.#reader = reader;
    this.#emit = emit;
    this.#signal = AbortSignal.any([this.#over.signal, ...(signal ? [signal] : [])]);
  }

  /** Takes files to read. Resolves when there is room for more. */
  async add(candidates: readonly Candidate[]): Promise<void> {
    for (const candidate of candidates) {
      this.#open.push(candidate);
      if (this.#open.length === JOB_FILES) await this.#start();
    }
    while (this.#jobs[0]?.isDone) await this.#finish();
  }

  /** Reads and passes on all files that remain. */
  async flush(): Promise<void> {
    if (this.#open.length > 0) await this.#start();
    while (this.#jobs.length > 0) await this.#finish();
  }

  /** Abandons the files that are still being read: their results are not wanted any more. */
  stop(reason: unknown): void {
    this.#over.abort(reason);
  }

  async #start(): Promise<void> {
    const candidates = this.#open;
    this.#open = [];
    const readings = this.#reader.read(candidates, this.#signal);
    const job: Job = { candidates, readings, isDone: false };
    readings.catch(() => {}).finally(() => job.isDone = true);
    this.#jobs.push(job);
    while (this.#jobs.length > JOBS_PER_WORKER * this.#reader.size) await this.#finish();
  }

  async #finish(): Promise<void> {
    const job = this.#jobs.shift()!;
    const readings = await job.readings;
    for (const [i, candidate] of job.candidates.entries()) {
      await this.#emit(candidate, readings[i]!);
    }
  }
}
