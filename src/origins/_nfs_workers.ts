import type { NfsAnswer, NfsFailure, NfsRequest, NfsResults, NfsStep } from "./_nfs_protocol.ts";
import { OriginChanged, OriginNotFound, OriginRefused, OriginUnreachable } from "./origin.ts";
import { OriginTimedOut } from "./unreachable.ts";

/** Workers that serve: one slow answer does not hold up all others. */
const WORKERS_MAX = 4;
/** All workers, with those that hang: the thread and memory of each are gone until the server answers. */
const THREADS_MAX = 8;
/** What workers get to leave of their own accord; one that hangs does not. */
const CLOSE_MS = 1_000;

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** One worker and what it was asked. */
export interface NfsHand {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
  /** Told of the directories that a listing meets, by the listing's number. */
  readonly listeners: Map<number, (path: string) => void>;
  readonly ended: PromiseWithResolvers<void>;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * The threads that look into a share. One that says nothing for as long as an answer may take hangs in the kernel, and
 * can't be got out: it is given up with all that it was asked, and another one takes its place. When the kernel lets
 * go of it after all, it ends.
 */
export class NfsWorkers {
  readonly #id: string;
  readonly #root: string;
  readonly #followsLinks: boolean;
  readonly #deadlineMs: number;
  readonly #hands = new Set<NfsHand>();
  readonly #stuck = new Set<NfsHand>();
  #numbers = 0;
  #isClosed = false;

  constructor(id: string, root: string, deadlineMs: number, followsLinks: boolean) {
    this.#followsLinks = followsLinks;
    this.#id = id;
    this.#root = root;
    this.#deadlineMs = deadlineMs;
  }

  /** Threads that hang. */
  get stuck(): number {
    return this.#stuck.size;
  }

  /** The worker with the least to do. Throws OriginUnreachable when there is none to be had. */
  pick(): NfsHand {
    if (this.#isClosed) throw new OriginUnreachable(`Cannot use ${this.#root}: it was closed`);
    let least: NfsHand | undefined;
    for (const hand of this.#hands) {
      if (least === undefined || hand.pending.size < least.pending.size) least = hand;
    }
    if (least?.pending.size === 0) return least;
    const { size } = this.#hands;
    if (size < WORKERS_MAX && size + this.#stuck.size < THREADS_MAX) return this.#start();
    if (least !== undefined) return least;
    throw new OriginTimedOut(
      `Cannot reach ${this.#root}: ${this.#stuck.size} earlier calls got no answer yet`,
    );
  }

  /** Has a step done by a worker. Rejects with the origin's errors, and with the signal's reason. */
  ask<S extends NfsStep>(
    hand: NfsHand,
    step: S,
    signal?: AbortSignal,
  ): Promise<NfsResults[S["op"]]> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (!this.#hands.has(hand)) return reject(this.#timedOut());
      // The worker goes on: whether it hangs is seen by its silence, not by the patience of who asks.
      const onAbort = () => reject(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      const settled = () => signal?.removeEventListener("abort", onAbort);
      const number = ++this.#numbers;
      hand.pending.set(number, {
        resolve: (result) => {
          settled();
          resolve(result as NfsResults[S["op"]]);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
      this.#tell(hand, { kind: "step", number, step });
      if (hand.pending.size === 1) this.#watch(hand);
    });
  }

  /** Ends all workers, those that hang too: a thread in the kernel stays there until the process ends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const hands = [...this.#hands];
    for (const hand of hands) {
      this.#tell(hand, { kind: "end" });
      this.#failAll(hand, new OriginUnreachable(`Cannot use ${this.#root}: it was closed`));
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const deadline = new Promise((resolve) => timer = setTimeout(resolve, CLOSE_MS));
    await Promise.race([Promise.all(hands.map(({ ended }) => ended.promise)), deadline]);
    clearTimeout(timer);
    for (const hand of [...hands, ...this.#stuck]) this.#drop(hand);
  }

  #start(): NfsHand {
    const worker = startWorker();
    const hand: NfsHand = {
      worker,
      pending: new Map(),
      listeners: new Map(),
      ended: Promise.withResolvers(),
      timer: undefined,
    };
    worker.onmessage = ({ data }) => this.#heard(hand, data as NfsAnswer);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#failAll(hand, new OriginUnreachable(`Cannot use ${this.#root}: ${event.message}`));
      this.#drop(hand);
    };
    const followsLinks = this.#followsLinks;
    this.#tell(hand, { kind: "start", id: this.#id, root: this.#root, followsLinks });
    this.#hands.add(hand);
    return hand;
  }

  #heard(hand: NfsHand, answer: NfsAnswer): void {
    if (answer.kind === "ended") return this.#drop(hand);
    if (answer.kind === "directory") {
      hand.listeners.get(answer.list)?.(answer.path);
    } else {
      const pending = hand.pending.get(answer.number);
      hand.pending.delete(answer.number);
      if (answer.kind === "result") pending?.resolve(answer.result);
      else pending?.reject(originError(answer.failure));
    }
    this.#watch(hand);
  }

  /** Waits for the next that the worker says, if there is anything to be said. */
  #watch(hand: NfsHand): void {
    clearTimeout(hand.timer);
    if (hand.pending.size === 0) return;
    hand.timer = setTimeout(() => this.#giveUp(hand), this.#deadlineMs);
  }

  #giveUp(hand: NfsHand): void {
    this.#hands.delete(hand);
    this.#stuck.add(hand);
    this.#tell(hand, { kind: "end" });
    this.#failAll(hand, this.#timedOut());
  }

  #failAll(hand: NfsHand, error: Error): void {
    clearTimeout(hand.timer);
    const pending = [...hand.pending.values()];
    hand.pending.clear();
    for (const { reject } of pending) reject(error);
  }

  #drop(hand: NfsHand): void {
    hand.worker.terminate();
    hand.ended.resolve();
    this.#hands.delete(hand);
    this.#stuck.delete(hand);
  }

  #tell(hand: NfsHand, request: NfsRequest): void {
    hand.worker.postMessage(request);
  }

  #timedOut(): OriginTimedOut {
    return new OriginTimedOut(
      `Cannot reach ${this.#root}: no answer within ${this.#deadlineMs} ms`,
    );
  }
}

/** Written so that `scripts/compile` sees which module a binary has to hold. */
function startWorker(): Worker {
  return new Worker(new URL("./_nfs_worker.ts", import.meta.url), { type: "module" });
}

function originError({ name, message }: NfsFailure): Error {
  switch (name) {
    case "OriginNotFound":
      return new OriginNotFound(message);
    case "OriginRefused":
      return new OriginRefused(message);
    case "OriginChanged":
      return new OriginChanged(message);
    case "OriginUnreachable":
      return new OriginUnreachable(message);
    default:
      return new Error(message);
  }
}
