import type { FileReader, FileReading, SkippedFile } from "../metadata/mod.ts";
import type { Candidate } from "./decide.ts";

/** Files in one job: few enough that all workers finish together, enough that a message costs little. */
const JOB_FILES = 64;
/** Jobs that are out at a time, for each one that the reader works on: that, and one to go on with. */
const JOBS_PER_WORKER = 2;

/** Takes a file that was read, or why it was not. */
export type Emit = (candidate: Candidate, reading: FileReading | SkippedFile) => Promise<void>;

interface Job {
  readonly candidates: readonly Candidate[];
  readonly readings: Promise<readonly (FileReading | SkippedFile)[]>;
  isDone: boolean;
}

/**
 * Has files read ahead of their turn and hands them on in the order they came in. The walk goes on while
 * workers read, and waits when they are behind.
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

  /** Takes files to read; resolves when there is room for more. */
  async add(candidates: readonly Candidate[]): Promise<void> {
    for (const candidate of candidates) {
      this.#open.push(candidate);
      if (this.#open.length === JOB_FILES) await this.#start();
    }
    while (this.#jobs[0]?.isDone) await this.#finish();
  }

  /** Reads and hands on all that is left. */
  async flush(): Promise<void> {
    if (this.#open.length > 0) await this.#start();
    while (this.#jobs.length > 0) await this.#finish();
  }

  /** Lets go of what is still being read: nobody will ask for it. */
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
