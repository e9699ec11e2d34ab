import type { SharedBytes } from "../../control/protocol.ts";
import { closeFile, openSharedMemory, readFileAt } from "../../posix/mod.ts";

/** Open ranges keep memory in use: only a few stay open, and none that nobody reads. */
const OPENED_MAX = 32;
const IDLE_MS = 2_000;

/** Bytes of a file in memory that the engine `pid` shares. */
export interface SharedRange extends SharedBytes {
  readonly pid: number;
}

interface Opened {
  readonly fd: number;
  usedAt: number;
}

/** The engine's memory that was opened lately. */
export class SharedRanges {
  /** The one used last is at the end. */
  readonly #opened = new Map<string, Opened>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Fills `into` from `offset` of the file; the range has all of these bytes. Returns false when the memory is gone. */
  read(range: SharedRange, offset: number, into: Uint8Array<ArrayBuffer>): boolean {
    const fd = this.#open(range);
    if (fd === undefined) return false;
    try {
      return readFileAt(fd, offset - range.base, into) === into.length;
    } catch {
      return false;
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const { fd } of this.#opened.values()) closeFile(fd);
    this.#opened.clear();
  }

  #open({ pid, fd, name }: SharedRange): number | undefined {
    const key = `${pid}/${fd}/${name}`;
    let opened = this.#opened.get(key);
    if (opened === undefined) {
      const own = openSharedMemory(pid, fd, name);
      if (own === undefined) return undefined;
      opened = { fd: own, usedAt: 0 };
    } else this.#opened.delete(key);
    opened.usedAt = performance.now();
    this.#opened.set(key, opened);
    for (const oldest of this.#opened.keys()) {
      if (this.#opened.size <= OPENED_MAX) break;
      this.#drop(oldest);
    }
    this.#timer ??= this.#sweepLater();
    return opened.fd;
  }

  #sweepLater(): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => {
      this.#timer = undefined;
      const before = performance.now() - IDLE_MS;
      for (const [key, { usedAt }] of this.#opened) if (usedAt <= before) this.#drop(key);
      if (this.#opened.size > 0) this.#timer = this.#sweepLater();
    }, IDLE_MS);
    Deno.unrefTimer(timer);
    return timer;
  }

  #drop(key: string): void {
    closeFile(this.#opened.get(key)!.fd);
    this.#opened.delete(key);
  }
}
