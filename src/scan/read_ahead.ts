import type { FileReading } from "../tags/mod.ts";
import type { Candidate } from "./decide.ts";

/** Files in one job: few enough that all workers finish together, enough that a message costs little. */
const JOB_FILES = 64;
/** Jobs that are out at a time, for each worker: one to read and one to go on with. */
const JOBS_PER_WORKER = 2;

/** What reads files of the origin: the parser pool, or a stand-in. */
export interface FileReader {
  /** Jobs that are worked on at a time. */
  readonly size: number;
  read(root: string, paths: readonly string[]): Promise<readonly FileReading[]>;
}

interface Job {
  readonly candidates: readonly Candidate[];
  readonly readings: Promise<readonly FileReading[]>;
  isDone: boolean;
}

/**
 * Has files read ahead of their turn and hands them on in the order they came in. The walk goes on while
 * workers read, and waits when they are behind.
 */
export class ReadAhead {
  readonly #reader: FileReader;
  readonly #root: string;
  readonly #emit: (candidate: Candidate, reading: FileReading) => Promise<void>;
  readonly #jobs: Job[] = [];
  #open: Candidate[] = [];

  constructor(
    reader: FileReader,
    root: string,
    emit: (candidate: Candidate, reading: FileReading) => Promise<void>,
  ) {
    this.#reader = reader;
    this.#root = root;
    this.#emit = emit;
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

  async #start(): Promise<void> {
    const candidates = this.#open;
    this.#open = [];
    const readings = this.#reader.read(this.#root, candidates.map(({ path }) => path));
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
