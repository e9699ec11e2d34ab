import {
  type ChunkReading,
  type ChunkStore,
  ChunkStoreFull,
  type StoredChunkFile,
} from "./chunk_store.ts";
import { CHECKSUM_BYTES, checksumsOf } from "./checksum.ts";

export interface MemoryStoreOptions {
  /** Bytes that the store takes before it is full; unlimited when absent. */
  readonly room?: number;
}

/** Chunks in memory, for tests. It computes no checksums: a chunk of the right length counts as right. */
export class MemoryChunkStore implements ChunkStore {
  readonly #chunks = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #room: number;
  #identity: string | undefined;
  #isSettled = false;

  constructor({ room = Infinity }: MemoryStoreOptions = {}) {
    this.#room = room;
  }

  put(hash: string, bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#chunks.get(hash)?.length === bytes.length) return;
    let taken = sizeOf(bytes);
    for (const { size } of this.list()) taken += size;
    if (taken > this.#room) throw new ChunkStoreFull("The memory for chunks is full");
    this.#chunks.set(hash, bytes.slice());
    this.#isSettled = false;
  }

  read(hash: string, length: number, into?: Uint8Array<ArrayBuffer>): ChunkReading {
    const found = this.#chunks.get(hash);
    if (found === undefined) return { fault: "missing", reason: "it was never put" };
    if (found.length < length) {
      return { fault: "truncated", reason: `it has ${found.length} bytes` };
    }
    if (found.length > length) return { fault: "corrupt", reason: `it has ${found.length} bytes` };
    const bytes = into === undefined ? new Uint8Array(length) : into.subarray(0, length);
    bytes.set(found);
    return { bytes };
  }

  readPart(hash: string, length: number, from: number, to: number): ChunkReading {
    const reading = this.read(hash, length);
    return "fault" in reading ? reading : { bytes: reading.bytes.subarray(from, to) };
  }

  has(hash: string, length: number): boolean {
    return this.#chunks.get(hash)?.length === length;
  }

  identity(): string | undefined {
    return this.#identity;
  }

  identify(): string {
    return this.#identity = crypto.randomUUID();
  }

  /** Does what deleting the directory does to a store on the disk. */
  delete(): void {
    this.#chunks.clear();
    this.#identity = undefined;
    this.#isSettled = false;
  }

  isSettled(): boolean {
    return this.#isSettled;
  }

  settle(): void {
    this.#isSettled = true;
  }

  unsettle(): void {
    this.#isSettled = false;
  }

  remove(hash: string): boolean {
    this.#isSettled = false;
    return this.#chunks.delete(hash);
  }

  *list(): IterableIterator<StoredChunkFile> {
    for (const [hash, bytes] of this.#chunks) yield { hash, size: sizeOf(bytes) };
  }
}

/** The bytes that the chunk would take on a disk. */
function sizeOf({ length }: Uint8Array): number {
  return length + CHECKSUM_BYTES * checksumsOf(length);
}
