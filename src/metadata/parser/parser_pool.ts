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
  ParserRequest,
  PartialFile,
  PartialReading,
} from "./parser_protocol.ts";
import type { FileReading } from "../readers/read_file.ts";
import type { TagReading } from "../tags/tag_reader.ts";

/** The file system of the files does not answer; nothing is known about any of them. */
export class SourceUnanswered extends Error {
  override readonly name = "SourceUnanswered";
}

export interface ParserPoolOptions {
  /** Parsers at a time, each of which keeps a processor busy. */
  readonly size?: number;
  /** Of text that does not name its own: a label of TextDecoder. */
  readonly encoding?: string;
  /** Program and arguments that become a parser. */
  readonly command?: () => [program: string, args: string[]];
  /** As {@link PARSE_CPU_MS}. */
  readonly cpuMs?: readonly [number, number, number];
}

/** Files that are asked for together, and what is known of each so far. */
interface Job<Reading = FileReading | PartialReading> {
  readonly readings: (Reading | undefined)[];
  /** What a parser is told, to do some of it. */
  request(task: Task): ParserRequest;
  /** The reading of a file that no parser comes back from. */
  stopped(index: number, reason: string): Reading;
  resolve(): void;
  reject(error: Error): void;
}

/** Files of a job for one parser. */
interface Task {
  readonly job: Job;
  readonly indexes: readonly number[];
  /** How much time each may take: an index of `cpuMs`. */
  readonly patience: 0 | 1 | 2;
  /** A parser has died over them, so it has to be known of which file the next one does. */
  readonly isCareful: boolean;
}

/** A process, the task that it was given, how far it came with it, and what it had used up by then. */
interface Parser {
  readonly process: ParserProcess;
  task: Task | undefined;
  isReady: boolean;
  hasWorked: boolean;
  answers: number;
  /** As of the last look that found it further on. */
  seenAnswers: number;
  cpuMs: number;
  /** When it last did anything at all. */
  seenCpuMs: number;
  aliveAt: number;
  /** Why it was killed. */
  verdict: string | undefined;
}

/**
 * Reads files in processes, started when there is work for them and kept for a moment. A file that keeps a processor
 * busy for longer than it may costs its parser its life, as does one that takes too much memory. The files that were
 * with it go to another parser, which finds out whose fault it was; that one is parsed alone, with more time, and
 * only when this ends a parser again it is told as stopped.
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

  /** Parsers that it pays to keep busy. */
  get size(): number {
    return this.#size;
  }

  /**
   * Readings of files below `root`, in the order of `files`; with `followLinks` a link may lead out of it. Rejects with
   * SourceUnanswered.
   */
  async read(
    root: string,
    files: readonly ListedFile[],
    followLinks: boolean = false,
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
    });
  }

  /** What a file that lies elsewhere says about itself by the parts of it that are here, or which part is missing. */
  async parse(file: PartialFile, wasStopped?: boolean): Promise<PartialReading> {
    const [reading] = await this.#queued<PartialReading>([wasStopped], {
      request: () => ({ kind: "parse", file, encoding: this.#encoding }),
      stopped: (_, reason) => stopped(reason),
    });
    return reading!;
  }

  /** Ends the parsers; what was not read yet is rejected. Resolves when they are gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const tasks = [...this.#parsers].flatMap(({ task }) => task ?? []).concat(this.#queue);
    this.#queue.length = 0;
    for (const { job } of tasks) job.reject(new Error("Cannot read tags: the pool was closed"));
    await this.#endAll();
  }

  /** Queues work on files of which is known whether a parser of an earlier scan was stopped on them. */
  #queued<Reading extends FileReading | PartialReading>(
    files: readonly (boolean | undefined)[],
    work: Pick<Job<Reading>, "request" | "stopped">,
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
    return promise;
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
        // It may hang in the kernel, where nothing ends it: nobody waits for that.
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

  /** A parser died over a task of which it had answered some: one of the files behind those may be why. */
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
