import {
  messageOf,
  PARSE_CPU_MS,
  PARSER_IDLE_MS,
  PARSERS_MAX,
  READ_DEADLINE_MS,
  selfCommand,
} from "../../base/mod.ts";
import { DEFAULT_ENCODING } from "../../formats/mod.ts";
import { statusOf } from "../../origins/mod.ts";
import type { ListedFile } from "../readers/file_reader.ts";
import { ParserProcess } from "./parser_process.ts";
import type {
  ParserAnswer,
  ParserReading,
  ParserRequest,
  PartialFile,
  PartialReading,
  PictureReading,
} from "./parser_protocol.ts";
import type { FileReading } from "../readers/read_file.ts";
import type { TagReading } from "../tags/tag_reader.ts";

/** The file system of the files does not answer. Nothing is known about any of them. */
export class SourceUnanswered extends Error {
  override readonly name = "SourceUnanswered";
}

export interface ParserPoolOptions {
  /** Parsers at a time; each keeps a processor busy. */
  readonly size?: number;
  /** The encoding of text that does not name its own: a label of TextDecoder. */
  readonly encoding?: string;
  /** The program and the arguments of a parser process. */
  readonly command?: () => [program: string, args: string[]];
  /** As {@link PARSE_CPU_MS}. */
  readonly cpuMs?: readonly [number, number, number];
}

/** Files that are read together, and what is known of each so far. */
interface Job<Reading = ParserReading> {
  readonly readings: (Reading | undefined)[];
  /** The message to a parser for some of the files. */
  request(task: Task): ParserRequest;
  /** The reading of a file on which parsers were stopped. */
  stopped(index: number, reason: string): Reading;
  resolve(): void;
  reject(error: Error): void;
}

/** Files of a job for one parser. */
interface Task {
  readonly job: Job;
  readonly indexes: readonly number[];
  /** The time that each file may take: an index into `cpuMs`. */
  readonly patience: 0 | 1 | 2;
  /** Whether a parser has died over these files, so that the next one must report each file by itself. */
  readonly isCareful: boolean;
}

/** A process, its task, how far it came, and the processor time it had used by then. */
interface Parser {
  readonly process: ParserProcess;
  task: Task | undefined;
  isReady: boolean;
  hasWorked: boolean;
  answers: number;
  /** The state at the last look that found progress. */
  seenAnswers: number;
  cpuMs: number;
  /** When the process last did anything at all. */
  seenCpuMs: number;
  aliveAt: number;
  /** Why it was killed. */
  verdict: string | undefined;
}

/**
 * Reads files in processes, which are started when there is work and kept for a moment. A parser is killed when one
 * file keeps a processor busy for too long or takes too much memory. The other files of its task go to another
 * parser, which finds out which file was the cause. That file is parsed alone, with more time, and only when it ends
 * a parser again, its reading says that parsers were stopped on it.
 */
export class ParserPool {
  readonly #size: number;
  readonly #command: () => [program: string, args: string[]];
  readonly #cpuMs: readonly [number, number, number];
  readonly #encoding: string;
  readonly #parsers = new Set<Parser>();
  readonly #queue: Task[] = [];
  #watch: ReturnType<typeof setInterval> | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: ParserPoolOptions = {}) {
    this.#size = options.size ?? Math.min(navigator.hardwareConcurrency, PARSERS_MAX);
    this.#encoding = options.encoding ?? DEFAULT_ENCODING;
    this.#command = options.command ?? (() => selfCommand(["__parser"]));
    this.#cpuMs = options.cpuMs ?? PARSE_CPU_MS;
  }

  /** How many jobs keep all parsers busy. */
  get size(): number {
    return this.#size;
  }

  /**
   * Reads files below `root`, with results in the order of `files`. With `followLinks`, links may lead out of the
   * root. Rejects with SourceUnanswered, and with the reason of `signal`: a parser that reads one of the files then,
   * and may wait for a disk that does not answer, is left behind.
   */
  async read(
    root: string,
    files: readonly ListedFile[],
    followLinks: boolean = false,
    signal?: AbortSignal,
  ): Promise<FileReading[]> {
    return await this.#queued<FileReading>(files.map(({ wasStopped }) => wasStopped), {
      request: ({ indexes, isCareful }) => ({
        kind: "read",
        root,
        paths: indexes.map((i) => files[i]!.path),
        followLinks,
        encoding: this.#encoding,
        isCareful,
      }),
      stopped: (i, reason) => ({ ...stopped(reason), ...statusOf(files[i]!) }),
    }, signal);
  }

  /** What a remote file says of itself by the parts that are here, or which part is missing. */
  async parse(file: PartialFile, wasStopped?: boolean): Promise<PartialReading> {
    const [reading] = await this.#queued<PartialReading>([wasStopped], {
      request: () => ({ kind: "parse", file, encoding: this.#encoding }),
      stopped: (_, reason) => stopped(reason),
    });
    return reading!;
  }

  /** A picture with its longer side made as long as that, or as it is where that is shorter. */
  async resize(bytes: Uint8Array<ArrayBuffer>, pixels: number): Promise<PictureReading> {
    const [reading] = await this.#queued<PictureReading>([undefined], {
      request: () => ({ kind: "resize", bytes, pixels }),
      stopped: (_, reason) => ({ unfit: reason }),
    });
    return reading!;
  }

  /** Ends the parsers; files that were not read yet reject. Resolves when the processes are gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const tasks = [...this.#parsers].flatMap(({ task }) => task ?? []).concat(this.#queue);
    this.#queue.length = 0;
    for (const { job } of tasks) job.reject(new Error("Cannot read tags: the pool was closed"));
    await this.#endAll();
  }

  /** Queues work on files of which is known whether a parser of an earlier scan was stopped on them. */
  #queued<Reading extends ParserReading>(
    files: readonly (boolean | undefined)[],
    work: Pick<Job<Reading>, "request" | "stopped">,
    signal?: AbortSignal,
  ): Promise<Reading[]> {
    if (this.#isClosed) return Promise.reject(new Error("Cannot read tags: the pool is closed"));
    if (files.length === 0) return Promise.resolve([]);
    const { promise, resolve, reject } = Promise.withResolvers<Reading[]>();
    const readings = new Array<Reading | undefined>(files.length).fill(undefined);
    const done = () => resolve(readings as Reading[]);
    const job = { ...work, readings, resolve: done, reject } as unknown as Job;
    const indexes = [...files.keys()];
    const others = indexes.filter((i) => !files[i]);
    const task = { job, isCareful: false };
    if (others.length > 0) this.#queue.push({ ...task, indexes: others, patience: 0 });
    for (const i of indexes) {
      if (files[i]) this.#queue.push({ ...task, indexes: [i], patience: 2 });
    }
    this.#dispatch();
    if (signal === undefined) return promise;
    const letGo = () => this.#letGo(job, signal.reason);
    if (signal.aborted) letGo();
    else signal.addEventListener("abort", letGo);
    return promise.finally(() => signal.removeEventListener("abort", letGo));
  }

  /** Nobody waits for a job any more. */
  #letGo(job: Job, reason: Error): void {
    this.#queue.splice(0, Infinity, ...this.#queue.filter((task) => task.job !== job));
    for (const parser of [...this.#parsers]) {
      if (parser.task?.job !== job) continue;
      this.#parsers.delete(parser);
      parser.process.kill();
    }
    job.reject(reason);
    this.#dispatch();
  }

  #dispatch(): void {
    for (;;) {
      const task = this.#queue[0];
      if (task === undefined) break;
      let parser: Parser | undefined;
      try {
        parser = this.#parserFor(task);
      } catch (error) {
        this.#queue.shift();
        task.job.reject(new Error(`Cannot start a parser: ${messageOf(error)}`));
        continue;
      }
      if (parser === undefined) break;
      this.#queue.shift();
      this.#give(parser, task);
    }
    const isBusy = [...this.#parsers].some(({ task }) => task !== undefined);
    if (isBusy) this.#beginWatching();
    else this.#endWatching();
  }

  /** An idle parser, or a new one. Who is parsed alone gets one that nothing was left in. */
  #parserFor({ patience }: Task): Parser | undefined {
    const idle = [...this.#parsers].filter(({ task }) => task === undefined);
    const fit = patience === 0 ? idle[0] : idle.find(({ hasWorked }) => !hasWorked);
    if (fit !== undefined) return fit;
    if (this.#parsers.size >= this.#size) {
      if (idle[0] === undefined) return undefined;
      this.#parsers.delete(idle[0]);
      idle[0].process.kill();
    }
    return this.#start();
  }

  #start(): Parser {
    const parser: Parser = {
      process: new ParserProcess(this.#command(), {
        answered: (answer) => this.#answered(parser, answer),
        ended: (reason) => this.#ended(parser, reason),
      }),
      task: undefined,
      isReady: false,
      hasWorked: false,
      answers: 0,
      seenAnswers: 0,
      cpuMs: 0,
      seenCpuMs: 0,
      aliveAt: 0,
      verdict: undefined,
    };
    this.#parsers.add(parser);
    return parser;
  }

  #give(parser: Parser, task: Task): void {
    parser.task = task;
    parser.hasWorked = true;
    parser.answers = 0;
    // The next look takes what it used up until then for its beginning.
    parser.seenAnswers = -1;
    parser.aliveAt = performance.now();
    parser.process.tell(task.job.request(task));
  }

  #answered(parser: Parser, answer: ParserAnswer): void {
    if ("ready" in answer) {
      parser.isReady = true;
      return;
    }
    const { task } = parser;
    if (task === undefined) return;
    const { job, indexes } = task;
    if ("unanswered" in answer) {
      parser.task = undefined;
      job.reject(new SourceUnanswered(answer.unanswered));
    } else {
      job.readings[indexes[parser.answers++]!] = answer.reading;
      if (parser.answers < indexes.length) return;
      parser.task = undefined;
      if (!job.readings.includes(undefined)) job.resolve();
    }
    this.#dispatch();
  }

  /** Kills every parser that has been at one file for too long. */
  #look(): void {
    const now = performance.now();
    for (const parser of [...this.#parsers]) {
      const cpuMs = parser.process.cpuMs();
      if (parser.task === undefined || parser.verdict !== undefined || cpuMs === undefined) {
        continue;
      }
      if (cpuMs !== parser.seenCpuMs) {
        parser.seenCpuMs = cpuMs;
        parser.aliveAt = now;
      }
      if (!parser.isReady || parser.answers !== parser.seenAnswers) {
        parser.seenAnswers = parser.isReady ? parser.answers : -1;
        parser.cpuMs = cpuMs;
      }
      const most = this.#cpuMs[parser.task.patience];
      if (cpuMs - parser.cpuMs >= most) {
        parser.verdict = `Parsing it takes more than ${most} ms of a processor`;
        parser.process.kill();
      } else if (now - parser.aliveAt >= READ_DEADLINE_MS) {
        // The process may hang in the kernel, where nothing ends it, so nothing waits for it.
        this.#abandon(parser, `Reading took longer than ${READ_DEADLINE_MS} ms`);
      }
    }
  }

  #ended(parser: Parser, reason: string): void {
    if (!this.#parsers.delete(parser)) return;
    const { task, isReady, verdict } = parser;
    if (task === undefined) return;
    if (isReady || verdict !== undefined) {
      this.#goOn(task, parser.answers, verdict ?? `Its parser failed: ${reason}`);
    } else {
      task.job.reject(new Error(`Cannot start a parser: ${reason}`));
    }
    this.#dispatch();
  }

  /** A parser died over a task and had answered some of its files: the first of the others is the suspect. */
  #goOn({ job, indexes, patience, isCareful }: Task, answers: number, why: string): void {
    const [suspect, ...others] = indexes.slice(answers);
    if (patience > 0) {
      job.readings[suspect!] = job.stopped(suspect!, why);
    } else if (isCareful || others.length === 0) {
      this.#queue.unshift({ job, indexes: [suspect!], patience: 1, isCareful });
      if (others.length > 0) this.#queue.unshift({ job, indexes: others, patience, isCareful });
    } else {
      this.#queue.unshift({ job, indexes: [suspect!, ...others], patience, isCareful: true });
    }
    if (!job.readings.includes(undefined)) job.resolve();
  }

  #abandon(parser: Parser, reason: string): void {
    this.#parsers.delete(parser);
    parser.process.kill();
    parser.task?.job.reject(new SourceUnanswered(reason));
    this.#dispatch();
  }

  #beginWatching(): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    this.#watch ??= setInterval(() => this.#look(), this.#cpuMs[0] / 10);
  }

  #endWatching(): void {
    clearInterval(this.#watch);
    this.#watch = undefined;
    if (this.#parsers.size === 0 || this.#isClosed) return;
    this.#idle ??= setTimeout(() => this.#endAll(), PARSER_IDLE_MS);
  }

  async #endAll(): Promise<void> {
    clearInterval(this.#watch);
    clearTimeout(this.#idle);
    this.#watch = this.#idle = undefined;
    const parsers = [...this.#parsers];
    this.#parsers.clear();
    await Promise.all(parsers.map(({ process }) => process.end()));
  }
}

function stopped(reason: string): TagReading {
  return { unreadable: reason, unreadable_kind: "timeout" };
}
