import { LOG_START } from "../../src/base/mod.ts";
import { MemoryChunkStore, nameOf, VerifiedChunks } from "../../src/cache/store/mod.ts";
import type { FetchReply } from "../../src/control/protocol.ts";
import type { StoredPart } from "../../projections/tree/tree_types.ts";
import { SharedMemory } from "../../src/posix/memfd.ts";
import type { CacheAccess, FileRange } from "../../src/vfs/mod.ts";

/** Content by file number, within this process. It records what it is asked; the test may decide how it answers. */
export class FakeCache implements CacheAccess, Disposable {
  readonly store = new MemoryChunkStore();
  readonly files = new Map<number, Uint8Array<ArrayBuffer>>();
  readonly fetches: FileRange[] = [];
  readonly aheads: FileRange[] = [];
  readonly heards: number[] = [];
  readonly plays: number[] = [];
  readonly uses: number[][] = [];
  readonly corrupted: string[] = [];
  readonly signals: AbortSignal[] = [];
  /** Answers a fetch. At first it shares the bytes from this process's memory. */
  answer = (range: FileRange): Promise<FetchReply> => Promise.resolve(this.share(range));
  onCorrupt: (hash: string) => void = () => {};
  readonly #shared: SharedMemory[] = [];
  readonly #chunks = new VerifiedChunks(this.store);

  chunks() {
    return this.#chunks;
  }

  fetch(range: FileRange, signal: AbortSignal): Promise<FetchReply> {
    this.fetches.push(range);
    this.signals.push(signal);
    return this.answer(range);
  }

  ahead(range: FileRange): void {
    this.aheads.push(range);
  }

  heard(track: number): void {
    this.heards.push(track);
  }

  played(track: number): void {
    this.plays.push(track);
  }

  used(files: readonly number[]): void {
    this.uses.push([...files]);
  }

  corrupt(hash: string): Promise<void> {
    this.corrupted.push(hash);
    this.onCorrupt(hash);
    return Promise.resolve();
  }

  share({ file, from, to }: FileRange, name = `fake ${this.fetches.length}`): FetchReply {
    const memory = new SharedMemory(name);
    this.#shared.push(memory);
    memory.write(this.files.get(file)!.slice(from, to), 0);
    return {
      pid: Deno.pid,
      shared: [{ from, to, fd: memory.fd, name, base: from }],
      last_seq: LOG_START,
    };
  }

  /** Puts bytes `from` to `to` of a file into the store, in parts of `length` bytes. */
  async put(file: number, from: number, to: number, length: number): Promise<StoredPart[]> {
    const parts: StoredPart[] = [];
    for (let offset = from; offset < to; offset += length) {
      const bytes = this.files.get(file)!.slice(offset, Math.min(to, offset + length));
      const hash = await nameOf(bytes);
      this.store.put(hash, bytes);
      parts.push({ offset, length: bytes.length, hash });
    }
    return parts;
  }

  /** Closes all shared memory. */
  letGo(): void {
    for (const memory of this.#shared.splice(0)) memory.close();
  }

  [Symbol.dispose]() {
    this.letGo();
  }
}
