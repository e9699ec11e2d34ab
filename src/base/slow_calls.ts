import { FileSystemError, messageOf } from "./errors.ts";

/** How many calls to one disk run at a time: a stalled disk blocks no more threads than this. */
const CALLS_MAX = 4;
/**
 * How many calls to all disks run at a time. Deno has 32 threads for everything that may block, including this
 * process's own polls.
 */
const CALLS_MAX_IN_ALL = 20;

let underWay = 0;
/** Disks whose calls wait because too many calls of others are running, in order. */
const waiting: SlowCalls[] = [];

interface Call {
  readonly begin: () => Promise<void>;
  readonly fail: (error: FileSystemError) => void;
}

/**
 * Runs calls to one disk on other threads, a few at a time, each with a deadline. A disk with a call beyond its
 * deadline is *stuck* until that call returns; meanwhile every new call fails at once, so that nobody waits for
 * another deadline.
 */
export class SlowCalls {
  readonly #name: string;
  readonly #deadlineMs: number;
  readonly #queue = new Set<Call>();
  #underWay = 0;
  #stuck = 0;

  /** `name` is the disk's name for messages; `deadlineMs` holds for each call and includes its wait for a thread. */
  constructor(name: string, deadlineMs: number) {
    this.#name = name;
    this.#deadlineMs = deadlineMs;
  }

  /**
   * Resolves with the result of the call; a result that comes after the deadline goes to `late`. Rejects with a
   * FileSystemError: the call's own, or EIO when the call fails in another way or misses its deadline.
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
