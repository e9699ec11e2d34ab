import { FileSystemError, messageOf } from "./errors.ts";

/** Calls of one disk that are under way at a time: a stalled one keeps no more threads than these. */
const CALLS_MAX = 4;
/** Of all disks together. Deno has 32 threads for everything that may block, this process's own polls among it. */
const CALLS_MAX_IN_ALL = 20;

let underWay = 0;
/** Those who wait because of others, in order. */
const waiting: SlowCalls[] = [];

interface Call {
  readonly begin: () => Promise<void>;
  readonly fail: (error: FileSystemError) => void;
}

/**
 * Calls to one disk that may wait for it, on other threads: so many at a time, each with a deadline. A disk that did not
 * answer one in time is stuck until it does, and costs nobody else a wait.
 */
export class SlowCalls {
  readonly #name: string;
  readonly #deadlineMs: number;
  readonly #queue = new Set<Call>();
  #underWay = 0;
  #stuck = 0;

  /** `name`: of the disk, for messages. */
  constructor(name: string, deadlineMs: number) {
    this.#name = name;
    this.#deadlineMs = deadlineMs;
  }

  /**
   * What the call gives; what it gives after its deadline goes to `late`. Rejects with FileSystemError, EIO when the
   * call fails otherwise or not in time.
   */
  run<T>(call: () => Promise<T>, late?: (value: T) => void): Promise<T> {
    if (this.#stuck > 0) return Promise.reject(this.#unanswered());
    return new Promise<T>((resolve, reject) => {
      let isOver = false;
      let isBegun = false;
      const end = () => {
        isOver = true;
        clearTimeout(timer);
      };
      const fail = (error: FileSystemError) => {
        end();
        reject(error);
      };
      const queued: Call = {
        begin: async () => {
          isBegun = true;
          try {
            const value = await call();
            if (isOver) return late?.(value);
            end();
            resolve(value);
          } catch (error) {
            if (!isOver) fail(asFileSystemError(error));
          } finally {
            if (timedOut) this.#stuck--;
          }
        },
        fail,
      };
      let timedOut = false;
      const timer = setTimeout(() => {
        this.#queue.delete(queued);
        if (isBegun) {
          timedOut = true;
          this.#stuck++;
        }
        fail(this.#unanswered());
        for (const other of this.#queue) other.fail(this.#unanswered());
        this.#queue.clear();
      }, this.#deadlineMs);
      this.#queue.add(queued);
      this.#next();
    });
  }

  #next(): void {
    for (const call of this.#queue) {
      if (this.#underWay >= CALLS_MAX) return;
      if (underWay >= CALLS_MAX_IN_ALL) {
        if (!waiting.includes(this)) waiting.push(this);
        return;
      }
      this.#queue.delete(call);
      this.#underWay++;
      underWay++;
      call.begin().finally(() => {
        this.#underWay--;
        underWay--;
        this.#next();
        const other = waiting.shift();
        if (other !== undefined) other.#next();
      });
    }
  }

  #unanswered(): FileSystemError {
    return new FileSystemError("EIO", `${this.#name} does not answer`);
  }
}

function asFileSystemError(error: unknown): FileSystemError {
  if (error instanceof FileSystemError) return error;
  return new FileSystemError("EIO", messageOf(error), { cause: error });
}
