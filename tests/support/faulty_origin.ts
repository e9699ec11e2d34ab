import type { OriginType } from "../../events/facts/origins.ts";
import type { FileVersion } from "../../events/facts/files.ts";
import {
  type CallOptions,
  type ListOptions,
  type Origin,
  type OriginEntry,
  OriginUnreachable,
  type ReadOptions,
} from "../../src/origins/mod.ts";

export type CallName = "list" | "stat" | "read" | "check";

/** A call that is about to be made. `nth` counts the calls of this name from 1. */
export interface Call {
  readonly name: CallName;
  readonly nth: number;
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

export type Fault =
  /** Fails with this error before anything came. */
  | { readonly kind: "fail"; readonly error: Error }
  /** Does not answer until it is aborted. */
  | { readonly kind: "hang" }
  /** Waits this many ms before the answer, and between its pieces. */
  | { readonly kind: "slow"; readonly ms: number }
  /** Breaks off with OriginUnreachable after this many bytes, or entries of a listing. */
  | { readonly kind: "reset"; readonly after: number }
  /** Ends after this many bytes or entries as if they were all, which no origin may do. */
  | { readonly kind: "short"; readonly after: number }
  /** Gives this many bytes more than requested. */
  | { readonly kind: "long"; readonly more: number }
  /** Gives wrong bytes, as many as requested. */
  | { readonly kind: "corrupt" }
  /** Claims that files are this many bytes longer (or shorter) than they are. */
  | { readonly kind: "resize"; readonly by: number };

/**
 * An origin that hands calls on to another one, except for calls to which its plan gives a fault. It counts all
 * calls.
 */
export class FaultyOrigin implements Origin {
  readonly calls: Record<CallName, number> = { list: 0, stat: 0, read: 0, check: 0 };
  /** The bytes of all reads that were handed over. */
  bytes = 0;
  plan: (call: Call) => Fault | undefined = () => undefined;
  readonly #inner: Origin;

  constructor(inner: Origin) {
    this.#inner = inner;
  }

  get id(): string {
    return this.#inner.id;
  }

  get kind(): OriginType {
    return this.#inner.kind;
  }

  get root(): string {
    return this.#inner.root;
  }

  compare(a: string, b: string): number {
    return this.#inner.compare(a, b);
  }

  async *list(options: ListOptions = {}): AsyncIterableIterator<readonly OriginEntry[]> {
    const fault = this.#next("list", options.directory ?? "");
    await carryOut(fault, options.signal);
    let left = fault?.kind === "reset" || fault?.kind === "short" ? fault.after : Infinity;
    for await (const batch of this.#inner.list(options)) {
      const entries = batch.slice(0, left).map((entry) =>
        entry.kind === "file" ? resized(entry, fault) : entry
      );
      left -= entries.length;
      if (entries.length > 0) yield entries;
      if (left === 0) break;
      await pause(fault, options.signal);
    }
    if (fault?.kind === "reset") throw reset();
  }

  async stat(path: string, options: CallOptions = {}): Promise<FileVersion> {
    const fault = this.#next("stat", path);
    await carryOut(fault, options.signal);
    if (fault?.kind === "reset") throw reset();
    return resized(await this.#inner.stat(path, options), fault);
  }

  async *read(
    path: string,
    offset: number,
    length: number,
    options: ReadOptions = {},
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    const fault = this.#next("read", path, offset, length);
    await carryOut(fault, options.signal);
    let left = fault?.kind === "reset" || fault?.kind === "short" ? fault.after : Infinity;
    for await (const whole of this.#inner.read(path, offset, length, options)) {
      const piece = whole.subarray(0, left);
      if (fault?.kind === "corrupt") piece.forEach((byte, at) => piece[at] = byte ^ 0xff);
      left -= piece.length;
      this.bytes += piece.length;
      if (piece.length > 0) yield piece;
      if (left === 0) break;
      await pause(fault, options.signal);
    }
    if (fault?.kind === "reset") throw reset();
    if (fault?.kind === "long") yield new Uint8Array(fault.more);
  }

  async check(options: CallOptions = {}): Promise<void> {
    const fault = this.#next("check", "");
    await carryOut(fault, options.signal);
    if (fault?.kind === "reset") throw reset();
    await this.#inner.check(options);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #next(name: CallName, path: string, offset = 0, length = 0): Fault | undefined {
    return this.plan({ name, nth: ++this.calls[name], path, offset, length });
  }
}

/** The part of a fault that comes before any answer. */
async function carryOut(fault: Fault | undefined, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  if (fault?.kind === "fail") throw fault.error;
  if (fault?.kind === "hang") await aborted(signal);
  await pause(fault, signal);
}

async function pause(fault: Fault | undefined, signal: AbortSignal | undefined): Promise<void> {
  if (fault?.kind !== "slow") return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const waited = new Promise((resolve) => timer = setTimeout(resolve, fault.ms));
  try {
    await (signal === undefined ? waited : Promise.race([waited, aborted(signal)]));
  } finally {
    clearTimeout(timer);
  }
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function reset(): OriginUnreachable {
  return new OriginUnreachable("Connection reset");
}

function resized<T extends FileVersion>(version: T, fault: Fault | undefined): T {
  return fault?.kind === "resize" ? { ...version, size: version.size + fault.by } : version;
}
