import { readFileAt, SharedMemory } from "../../posix/mod.ts";
import type { ByteRange } from "./byte_ranges.ts";

interface Waiter {
  readonly to: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Part of the name of each shared memory: no two processes give the same name, and `created` differs within one
 * process.
 */
const PROCESS = crypto.randomUUID();
let created = 0;

/**
 * A range of a file on its way from an origin into memory that the mount can open. Bytes arrive in order; a reader that
 * waits for some of them is told as soon as those have arrived.
 */
export class Delivery implements ByteRange {
  readonly from: number;
  readonly to: number;
  readonly memory: SharedMemory;
  /** Whether a reader waits for the delivery: then it is fetched before bytes that are fetched ahead. */
  isUrgent: boolean;
  /** The origin that gave the bytes. */
  origin: string | null = null;
  /** Bytes before this offset were cut into chunks. */
  cutTo: number;
  #arrived: number;
  #isDone = false;
  #isClosed = false;
  readonly #waiters = new Set<Waiter>();
  readonly #ended = Promise.withResolvers<void>();

  constructor({ from, to }: ByteRange, isUrgent: boolean) {
    this.from = from;
    this.to = to;
    this.isUrgent = isUrgent;
    this.cutTo = from;
    this.#arrived = from;
    this.memory = new SharedMemory(`musicfs-${PROCESS}-${++created}`);
  }

  /** All bytes before this offset of the file have arrived. */
  get arrived(): number {
    return this.#arrived;
  }

  /** Whether all bytes have arrived, and belong to the version that was asked for. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Resolves when the delivery is complete or has failed. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Resolves when all bytes before `to` have arrived; rejects with the reason when they will not arrive. */
  reached(to: number): Promise<void> {
    if (this.#arrived >= to) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.add({ to, resolve, reject }));
  }

  push(bytes: Uint8Array<ArrayBuffer>): void {
    this.memory.write(bytes, this.#arrived - this.from);
    this.#arrived += bytes.length;
    for (const waiter of this.#waiters) {
      if (waiter.to > this.#arrived) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  finish(): void {
    this.#isDone = true;
    this.#ended.resolve();
  }

  fail(error: unknown): void {
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters.clear();
    this.close();
  }

  /** A copy of the bytes `from` to `to` (exclusive) of the file, which must have arrived. */
  bytes(from: number, to: number): Uint8Array<ArrayBuffer> {
    const into = new Uint8Array(to - from);
    readFileAt(this.memory.fd, from - this.from, into);
    return into;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#ended.resolve();
    this.memory.close();
  }
}
