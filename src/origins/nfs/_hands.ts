import { messageOf, selfCommand } from "../../base/mod.ts";
import { NfsProcess } from "./_process.ts";
import type { NfsAnswer, NfsFailure, NfsResults, NfsStep } from "./_protocol.ts";
import {
  type ListOptions,
  OriginChanged,
  OriginNotFound,
  OriginRefused,
  OriginUnreachable,
} from "../origin.ts";
import { OriginTimedOut } from "../unreachable.ts";

/** Processes that serve at a time, so that one slow answer does not delay all others. */
const HANDS_MAX = 4;
/** All processes, including those that hang: their memory is taken until the server answers. */
const PROCESSES_MAX = 8;
/** A process that had nothing to do for this long is ended. */
const IDLE_MS = 30_000;
/** How long a process may take to start on a busy machine. */
const START_MS = 15_000;
/** A process that has work and was silent for this long may hang. */
const SILENCE_MS = 200;
/** How long processes get to end by themselves at `close()`; one that hangs does not. */
const CLOSE_MS = 1_000;

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** One process, and what it was asked. */
export interface NfsHand {
  readonly process: NfsProcess;
  readonly pending: Map<number, Pending>;
  /** Callbacks for the directories that a running listing meets, by the number of the listing. */
  readonly listings: Map<number, Pick<ListOptions, "onDirectory" | "onMount">>;
  readonly ended: PromiseWithResolvers<void>;
  readonly ready: PromiseWithResolvers<void>;
  isReady: boolean;
  /** When the process last said something, or was first asked. */
  heardAt: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * The processes that look into a share. A process that is silent for longer than an answer may take hangs in the
 * kernel, and nothing gets it out. It is killed, everything that it was asked fails, and another process takes its
 * place. It ends when the kernel lets go of it; nothing waits for that, so the engine can end meanwhile.
 */
export class NfsHands {
  readonly #root: string;
  readonly #id: string;
  readonly #deadlineMs: number;
  readonly #followsLinks: boolean;
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

  /** How many processes hang. */
  get stuck(): number {
    return this.#stuck.size;
  }

  /** Starts the first process. Resolves when it runs or has failed to start. Asks nothing of the share. */
  async warmUp(): Promise<void> {
    if (this.#hands.size === 0 && this.#mayStart) this.#start();
    for (const hand of this.#hands) return await hand.ready.promise;
  }

  /**
   * The process with the least to do; a running process is preferred to one that is still starting. When no process
   * is idle any more, another is started, so that the next caller need not wait for it. Throws OriginUnreachable when
   * there is no process and none can be started.
   */
  pick(): NfsHand {
    if (this.#isClosed) throw this.#closed();
    if (this.#hands.size === 0 && this.#mayStart) this.#start();
    const now = performance.now();
    const rank = ({ isReady, pending, heardAt }: NfsHand) =>
      pending.size > 0 && now - heardAt > SILENCE_MS ? 2 : isReady ? 0 : 1;
    const [best] = [...this.#hands].sort((a, b) =>
      rank(a) - rank(b) || a.pending.size - b.pending.size
    );
    if (best === undefined) {
      throw new OriginTimedOut(
        `Cannot reach ${this.#root}: ${this.#stuck.size} earlier calls got no answer yet`,
        performance.now(),
      );
    }
    const isSpare = (hand: NfsHand) => hand !== best && hand.pending.size === 0;
    if (![...this.#hands].some(isSpare) && this.#mayStart) this.#start();
    return best;
  }

  /** Has a process do a step. Rejects with the origin's errors, or with the signal's reason. */
  ask<S extends NfsStep>(
    hand: NfsHand,
    step: S,
    signal?: AbortSignal,
  ): Promise<NfsResults[S["op"]]> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (!this.#hands.has(hand)) return reject(this.#timedOut());
      // The process goes on with the step: its silence shows whether it hangs, and not how long this caller waits.
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
      hand.process.tell({ kind: "step", number, step });
      if (hand.pending.size > 1) return;
      hand.heardAt = performance.now();
      this.#watch(hand);
    });
  }

  /** Ends all processes. Those that hang are left behind. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const hands = [...this.#hands];
    for (const hand of hands) {
      this.#failAll(hand, this.#closed());
      hand.process.leave();
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const deadline = new Promise((resolve) => timer = setTimeout(resolve, CLOSE_MS));
    await Promise.race([Promise.all(hands.map(({ ended }) => ended.promise)), deadline]);
    clearTimeout(timer);
    for (const hand of hands) hand.process.kill();
  }

  get #mayStart(): boolean {
    return this.#hands.size < HANDS_MAX && this.#hands.size + this.#stuck.size < PROCESSES_MAX;
  }

  #start(): void {
    let hand: NfsHand;
    try {
      const process = new NfsProcess(selfCommand(["__nfs"]), {
        answered: (answer) => this.#heard(hand, answer),
        ended: (reason) => this.#ended(hand, reason),
      });
      hand = {
        process,
        pending: new Map(),
        listings: new Map(),
        ended: Promise.withResolvers(),
        ready: Promise.withResolvers(),
        isReady: false,
        heardAt: performance.now(),
        timer: undefined,
      };
    } catch (error) {
      throw new OriginUnreachable(`Cannot use ${this.#root}: ${messageOf(error)}`);
    }
    const followsLinks = this.#followsLinks;
    hand.process.tell({ kind: "start", id: this.#id, root: this.#root, followsLinks });
    this.#hands.add(hand);
    this.#watch(hand);
  }

  #heard(hand: NfsHand, answer: NfsAnswer): void {
    hand.heardAt = performance.now();
    if (answer.kind === "ready") {
      hand.isReady = true;
      hand.ready.resolve();
    } else if (answer.kind === "directory") {
      hand.listings.get(answer.list)?.onDirectory?.(answer.path);
    } else if (answer.kind === "mount") hand.listings.get(answer.list)?.onMount?.(answer.path);
    else {
      const pending = hand.pending.get(answer.number);
      hand.pending.delete(answer.number);
      if (answer.kind === "result") pending?.resolve(answer.result);
      else pending?.reject(originError(answer.failure));
    }
    this.#watch(hand);
  }

  /** Starts a timer: for the next sign of life of a busy process, or for the end of an idle one. */
  #watch(hand: NfsHand): void {
    clearTimeout(hand.timer);
    if (!this.#hands.has(hand) || this.#isClosed) return;
    if (hand.pending.size > 0) {
      const ms = hand.isReady ? this.#deadlineMs : START_MS;
      hand.timer = setTimeout(() => this.#giveUp(hand), ms);
    } else {
      hand.timer = setTimeout(() => this.#rest(hand), IDLE_MS);
      // The engine need not stay alive for this timer.
      Deno.unrefTimer(Number(hand.timer));
    }
  }

  #rest(hand: NfsHand): void {
    if (hand.listings.size > 0) return this.#watch(hand);
    this.#hands.delete(hand);
    hand.process.leave();
  }

  #giveUp(hand: NfsHand): void {
    this.#hands.delete(hand);
    this.#stuck.add(hand);
    hand.process.kill();
    this.#failAll(hand, this.#timedOut());
  }

  #ended(hand: NfsHand, reason: string): void {
    this.#hands.delete(hand);
    this.#stuck.delete(hand);
    this.#failAll(hand, new OriginUnreachable(`Cannot use ${this.#root}: ${reason}`));
    hand.ready.resolve();
    hand.ended.resolve();
  }

  #failAll(hand: NfsHand, error: Error): void {
    clearTimeout(hand.timer);
    const pending = [...hand.pending.values()];
    hand.pending.clear();
    for (const { reject } of pending) reject(error);
  }

  #closed(): OriginUnreachable {
    return new OriginUnreachable(`Cannot use ${this.#root}: it was closed`);
  }

  /**
   * The error of a process that hangs. It carries the present time, so that answers of other processes since the
   * question do not outweigh it: this process still hangs.
   */
  #timedOut(): OriginTimedOut {
    return new OriginTimedOut(
      `Cannot reach ${this.#root}: no answer within ${this.#deadlineMs} ms`,
      performance.now(),
    );
  }
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
