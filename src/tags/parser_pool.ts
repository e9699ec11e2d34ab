import type { FileVersion } from "../../events/file_events.ts";
import { bytesFromString, PARSE_DEADLINE_MS, READ_DEADLINE_MS } from "../base/mod.ts";
import { FileStatus } from "../posix/directory.ts";
import {
  ACTIVITY,
  type ParserAnswer,
  type ParserRequest,
  type PartialFile,
  type PartialReading,
  STATE,
} from "./parser_protocol.ts";
import type { FileReading } from "./read_file.ts";

/** How often workers are looked at: a tenth of what a file is given. */
const WATCH_MS = PARSE_DEADLINE_MS / 10;

/** The file system of the files does not answer; nothing is known about any of them. */
export class SourceUnanswered extends Error {
  override readonly name = "SourceUnanswered";
}

/** Files that one worker is given together, and what is known of each so far. */
interface Job<Reading = FileReading | PartialReading> {
  readonly readings: (Reading | undefined)[];
  /** What a worker is told, to do some of it. */
  request(indexes: readonly number[]): ParserRequest;
  /** The reading of a file that no parser comes back from. */
  failure(index: number, reason: string): Reading;
  resolve(): void;
  reject(error: Error): void;
}

/** A worker, the part of a job that it was given, and how long it has been at the same file. */
interface Parser {
  readonly worker: Worker;
  readonly state: Int32Array;
  job: Job | undefined;
  indexes: number[];
  file: number;
  activity: number;
  since: number;
}

/**
 * Reads files in workers, started when there is work for them. A worker that a file keeps busy for longer
 * than it may is ended, the file is told as unreadable, and the rest of its job goes to another one.
 */
export class ParserPool {
  readonly #size: number;
  readonly #spawn: () => Worker;
  readonly #parsers = new Set<Parser>();
  readonly #queue: Job[] = [];
  #watch: ReturnType<typeof setInterval> | undefined;
  #isClosed = false;

  constructor(
    size: number = navigator.hardwareConcurrency,
    spawn: () => Worker = spawnParser,
  ) {
    this.#size = Math.max(1, size);
    this.#spawn = spawn;
  }

  /** Workers that it pays to keep busy. */
  get size(): number {
    return this.#size;
  }

  /** Readings of files below `root`, in the order of `paths`. Rejects with SourceUnanswered. */
  async read(root: string, paths: readonly string[]): Promise<FileReading[]> {
    if (paths.length === 0) return [];
    return await this.#queued<FileReading>(paths.length, {
      request: (indexes) => ({ kind: "read", root, paths: indexes.map((i) => paths[i]!) }),
      failure: (i, reason) => ({ ...versionOf(root, paths[i]!), unreadable: reason }),
    });
  }

  /** What a file that lies elsewhere says about itself by the parts of it that are here, or which part is missing. */
  async parse(file: PartialFile): Promise<PartialReading> {
    const [reading] = await this.#queued<PartialReading>(1, {
      request: () => ({ kind: "parse", file }),
      failure: (_, reason) => ({ unreadable: reason }),
    });
    return reading!;
  }

  /** Ends the workers; what was not read yet is rejected. */
  close(): void {
    this.#isClosed = true;
    const open = [...this.#parsers].flatMap(({ job }) => job ?? []).concat(this.#queue.splice(0));
    for (const parser of this.#parsers) this.#end(parser);
    clearInterval(this.#watch);
    for (const job of open) job.reject(new Error("Cannot read tags: the pool was closed"));
  }

  #queued<Reading extends FileReading | PartialReading>(
    files: number,
    work: Pick<Job<Reading>, "request" | "failure">,
  ): Promise<Reading[]> {
    if (this.#isClosed) return Promise.reject(new Error("Cannot read tags: the pool is closed"));
    const { promise, resolve, reject } = Promise.withResolvers<Reading[]>();
    const readings = new Array<Reading | undefined>(files).fill(undefined);
    const job: Job<Reading> = {
      ...work,
      readings,
      resolve: () => resolve(readings as Reading[]),
      reject,
    };
    this.#queue.push(job as unknown as Job);
    this.#dispatch();
    return promise;
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      let parser = [...this.#parsers].find(({ job }) => job === undefined);
      if (parser === undefined && this.#parsers.size < this.#size) parser = this.#start();
      if (parser === undefined) break;
      const job = this.#queue.shift()!;
      parser.job = job;
      parser.indexes = [...job.readings.keys()].filter((i) => job.readings[i] === undefined);
      parser.since = performance.now();
      this.#tell(parser, job.request(parser.indexes));
      this.#watch ??= setInterval(() => this.#look(), WATCH_MS);
    }
    if ([...this.#parsers].every(({ job }) => job === undefined)) this.#stopWatching();
  }

  #start(): Parser {
    const worker = this.#spawn();
    const state = new Int32Array(new SharedArrayBuffer(8));
    const parser: Parser = {
      worker,
      state,
      job: undefined,
      indexes: [],
      file: 0,
      activity: ACTIVITY.idle,
      since: 0,
    };
    worker.onmessage = (event) => this.#answered(parser, event.data as ParserAnswer);
    worker.onerror = (event) => {
      event.preventDefault();
      const reason = `Its parser failed: ${event.message}`;
      const isAtFile = Atomics.load(state, STATE.activity) !== ACTIVITY.idle;
      if (isAtFile) this.#giveUp(parser, reason);
      else this.#abandon(parser, new Error(reason));
    };
    this.#tell(parser, { kind: "start", state });
    this.#parsers.add(parser);
    return parser;
  }

  #tell(parser: Parser, request: ParserRequest): void {
    parser.worker.postMessage(request);
  }

  #answered(parser: Parser, answer: ParserAnswer): void {
    const { job, indexes } = parser;
    if (job === undefined || !this.#parsers.has(parser)) return;
    parser.job = undefined;
    if ("unanswered" in answer) {
      job.reject(new SourceUnanswered(answer.unanswered));
    } else {
      for (const [i, reading] of answer.readings.entries()) job.readings[indexes[i]!] = reading;
      job.resolve();
    }
    this.#dispatch();
  }

  /** Ends every worker that has been at one file for too long. */
  #look(): void {
    const now = performance.now();
    for (const parser of [...this.#parsers]) {
      if (parser.job === undefined) continue;
      const file = Atomics.load(parser.state, STATE.file);
      const activity = Atomics.load(parser.state, STATE.activity);
      if (file !== parser.file || activity !== parser.activity) {
        parser.file = file;
        parser.activity = activity;
        parser.since = now;
      }
      const stuck = now - parser.since;
      if (activity === ACTIVITY.parsing && stuck >= PARSE_DEADLINE_MS) {
        this.#giveUp(parser, `Parsing it took longer than ${PARSE_DEADLINE_MS} ms`);
      } else if (activity === ACTIVITY.reading && stuck >= READ_DEADLINE_MS) {
        this.#abandon(
          parser,
          new SourceUnanswered(`Reading took longer than ${READ_DEADLINE_MS} ms`),
        );
      }
    }
  }

  /** Ends a worker over the file it is at, and has the rest of its job done by another. */
  #giveUp(parser: Parser, reason: string): void {
    const { job, indexes } = parser;
    const index = indexes[Atomics.load(parser.state, STATE.file)];
    this.#end(parser);
    if (job !== undefined && index !== undefined) {
      job.readings[index] = job.failure(index, reason);
      if (job.readings.includes(undefined)) this.#queue.unshift(job);
      else job.resolve();
    }
    this.#dispatch();
  }

  #abandon(parser: Parser, error: Error): void {
    this.#end(parser);
    parser.job?.reject(error);
    this.#dispatch();
  }

  #end(parser: Parser): void {
    parser.worker.terminate();
    this.#parsers.delete(parser);
  }

  #stopWatching(): void {
    clearInterval(this.#watch);
    this.#watch = undefined;
  }
}

/** Written so that `scripts/compile` sees which module a binary has to hold. */
function spawnParser(): Worker {
  return new Worker(new URL("./parser_worker.ts", import.meta.url), { type: "module" });
}

function versionOf(root: string, path: string): FileVersion {
  const status = new FileStatus();
  if (status.ofPath(bytesFromString(`${root}/${path}`)) !== 0) {
    return { size: 0, mtime_s: 0, mtime_ns: 0 };
  }
  return { size: status.size, mtime_s: status.mtime_s, mtime_ns: status.mtime_ns };
}
