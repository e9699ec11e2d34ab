import type { FileOwnership, FileVersion } from "../../../events/facts/files.ts";
import { CALL_DEADLINE_MS } from "../../base/mod.ts";
import type { LinkTarget } from "../local/link_target.ts";
import type { NfsResults, NfsStep } from "./_protocol.ts";
import { type NfsHand, NfsHands } from "./_hands.ts";
import {
  type CallOptions,
  type ListOptions,
  type Origin,
  type OriginEntry,
  OriginNotFound,
  OriginUnreachable,
  type ReadOptions,
} from "../origin.ts";
import { OriginTimedOut, OriginUnreadable } from "../unreachable.ts";
import { baseNameOf, compareWalkOrder } from "../walk_order.ts";

/** Bytes of one step: so many that the way to a process and back does not matter. */
const PIECE_BYTES = 512 * 1024;

/**
 * Music in a directory whose files lie on another machine: a mounted share. When its server is gone, the kernel
 * waits, possibly for ever, and so does every thread that looked into it; a process can't end while one of its
 * threads waits so. Therefore child processes look into the share, and those that hang are left behind.
 *
 * A read is made of steps. Each step opens the file anew and checks its version by itself, so any process can do it,
 * and the next step is under way while the bytes of the last one are used.
 */
export class NfsOrigin implements Origin {
  readonly kind = "nfs";
  readonly id: string;
  readonly root: string;
  readonly followsLinks: boolean;
  readonly #hands: NfsHands;
  /** The root's identity at the newest listing. A share that is no longer mounted leaves another directory there. */
  #identity: string | undefined;
  #lists = 0;

  constructor(
    id: string,
    root: string,
    deadlineMs: number = CALL_DEADLINE_MS,
    followsLinks: boolean = false,
  ) {
    this.id = id;
    this.root = root;
    this.followsLinks = followsLinks;
    this.#hands = new NfsHands(id, root, deadlineMs, followsLinks);
  }

  /** The number of processes that hang in the kernel. */
  get stuck(): number {
    return this.#hands.stuck;
  }

  /** Resolves when a process is running, so that its start does not count for the first call. */
  warmUp(): Promise<void> {
    return this.#hands.warmUp();
  }

  compare(a: string, b: string): number {
    return compareWalkOrder(a, b);
  }

  async *list(options: ListOptions = {}): AsyncIterableIterator<readonly OriginEntry[]> {
    const { directory = "", recursive = true, after, wanted, signal } = options;
    const globs = options.exclusions?.globs;
    signal?.throwIfAborted();
    const hand = this.#hands.pick();
    const list = ++this.#lists;
    hand.listings.set(list, options);
    const isWanted = (entry: OriginEntry) =>
      entry.kind === "unlisted" || wanted === undefined || wanted(baseNameOf(entry.path));
    try {
      for (;;) {
        const identity = this.#identity;
        const step = { op: "list", list, identity, directory, recursive, after, globs } as const;
        const { identity: met, batch } = await this.#ask(step, signal, hand);
        this.#identity = met;
        if (batch === undefined) return;
        const entries = batch.filter(isWanted);
        if (entries.length > 0) yield entries;
      }
    } finally {
      hand.listings.delete(list);
      this.#hands.ask(hand, { op: "leave", list }).catch(() => {});
    }
  }

  async stat(path: string, { signal }: CallOptions = {}): Promise<FileVersion & FileOwnership> {
    signal?.throwIfAborted();
    return await this.#ask({ op: "stat", path }, signal);
  }

  /** What a symbolic link in the share, or one that leads to it, leads to. */
  link(path: string, { signal }: CallOptions = {}): Promise<LinkTarget> {
    return this.#ask({ op: "link", path }, signal);
  }

  async *read(
    path: string,
    offset: number,
    length: number,
    options: ReadOptions = {},
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    const { signal } = options;
    signal?.throwIfAborted();
    // Steps that open the file anew have to agree on its version.
    const version = options.version ??
      (length > PIECE_BYTES ? await this.stat(path, options) : undefined);
    const end = Math.min(offset + length, version?.size ?? Infinity);
    const lengthAt = (at: number) => Math.max(0, Math.min(PIECE_BYTES, end - at));
    const ask = (at: number): Promise<Uint8Array<ArrayBuffer>> => {
      const step = { op: "read", path, offset: at, length: lengthAt(at), version } as const;
      const piece = this.#ask(step, signal);
      piece.catch(() => {});
      return piece;
    };
    let at = offset;
    let next: Promise<Uint8Array<ArrayBuffer>> | undefined = ask(at);
    while (next !== undefined) {
      const bytes: Uint8Array<ArrayBuffer> = await next;
      const isFull = bytes.length === lengthAt(at);
      at += bytes.length;
      next = isFull && at < end ? ask(at) : undefined;
      if (bytes.length > 0) yield bytes;
    }
  }

  async check({ signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const step = { op: "check", identity: this.#identity } as const;
    await this.#hands.ask(this.#hands.pick(), step, signal);
  }

  close(): Promise<void> {
    return this.#hands.close();
  }

  /** Asks a process. An error about a path is passed on only when the root is there. */
  async #ask<S extends NfsStep>(
    step: S,
    signal: AbortSignal | undefined,
    hand: NfsHand = this.#hands.pick(),
  ): Promise<NfsResults[S["op"]]> {
    try {
      return await this.#hands.ask(hand, step, signal);
    } catch (error) {
      const isBad = error instanceof OriginUnreachable && !(error instanceof OriginTimedOut) &&
        (step.op === "stat" || step.op === "read");
      if (isBad || error instanceof OriginNotFound) await this.check(signal && { signal });
      throw isBad ? new OriginUnreadable(error.message) : error;
    }
  }
}
