import {
  assert,
  CHUNK_BYTES_MAX,
  FREE_BYTES_MIN,
  FREE_SHARE_MIN,
  messageOf,
} from "../../base/mod.ts";
import {
  closeFile,
  createFile,
  type DiskSpace,
  diskSpace,
  ERRNO,
  PosixError,
  readFileAt,
  renameFile,
  unlinkFile,
  writeFile,
} from "../../posix/mod.ts";
import { ChunkFiles } from "./_chunk_files.ts";
import { BLOCK_BYTES, type Checksum, CHECKSUM_BYTES, checksumsOf } from "./checksum.ts";
import { isChunkName } from "./chunk_name.ts";
import { fileBytes, hasChunkFile, identifyStore, storeIdentity } from "./chunk_presence.ts";
import { isStoreSettled, settleStore, unsettleStore } from "./settled_store.ts";
import {
  CHUNK_ROOM,
  type ChunkFault,
  type ChunkReading,
  type ChunkStore,
  ChunkStoreFull,
  type StoredChunkFile,
} from "./chunk_store.ts";

/**
 * The file of a chunk that will replace a bad one. One name is enough: there is one writer, and it writes one chunk at
 * a time.
 */
const UNFINISHED = "unfinished";
const MISSING: ReadonlySet<number> = new Set([ERRNO.ENOENT, ERRNO.ENOTDIR]);
const FULL: ReadonlySet<number> = new Set([ERRNO.ENOSPC, ERRNO.EDQUOT]);
/** A part of up to this many bytes is read into memory that is reused. */
const PART_BYTES = 16 * 1024;
const NO_CHUNK: ChunkReading = {
  fault: "missing",
  reason: "no chunk is called that, or is so long",
};
const ENDS_EARLY: ChunkReading = { fault: "truncated", reason: "its file ends too early" };
const encoder = new TextEncoder();

export interface DiskStoreOptions {
  /** How many bytes of a disk of `total` bytes must stay free. */
  readonly floor?: (total: number) => number;
  /** How many files stay open for the next read; 0 when absent. */
  readonly keepOpen?: number;
}

/**
 * Chunks in files, as FORMAT.md describes them. Every call is a few system calls on the calling thread.
 *
 * The directory may be deleted at any time, and anything may take the place of a file in it: then reading returns a
 * fault, and writing makes the directory or the file again.
 */
export class DiskChunkStore implements ChunkStore {
  readonly #directory: string;
  readonly #checksum: Checksum;
  readonly #floor: (total: number) => number;
  readonly #root: Uint8Array<ArrayBuffer>;
  readonly #unfinished: Uint8Array<ArrayBuffer>;
  readonly #files: ChunkFiles;
  /** The memory into which parts are read. */
  readonly #part = new Uint8Array(PART_BYTES);
  /** Checksums are read into this memory when the caller's has no room for them after the bytes. */
  readonly #trailer = new Uint8Array(CHUNK_ROOM);
  readonly #sum = new DataView(this.#trailer.buffer);

  constructor(
    directory: string,
    checksum: Checksum,
    { floor = freeFloor, keepOpen = 0 }: DiskStoreOptions = {},
  ) {
    this.#directory = directory;
    this.#checksum = checksum;
    this.#floor = floor;
    this.#root = encoder.encode(directory);
    this.#unfinished = encoder.encode(`${directory}/${UNFINISHED}`);
    this.#files = new ChunkFiles(directory, keepOpen);
  }

  read(hash: string, length: number, into?: Uint8Array<ArrayBuffer>): ChunkReading {
    if (length > CHUNK_BYTES_MAX) return NO_CHUNK;
    const memory = into ?? new Uint8Array(length + CHUNK_ROOM);
    return this.#reading(hash, (slot) => this.#whole(slot, hash, length, memory));
  }

  readPart(hash: string, length: number, from: number, to: number): ChunkReading {
    if (length > CHUNK_BYTES_MAX) return NO_CHUNK;
    if (length > BLOCK_BYTES) {
      return this.#reading(hash, (slot) => this.#blocks(slot, hash, length, from, to));
    }
    const reading = this.read(hash, length);
    return "fault" in reading ? reading : { bytes: reading.bytes.subarray(from, to) };
  }

  /** Closes the files that were kept open. */
  close(): void {
    this.#files.closeAll();
  }

  put(hash: string, bytes: Uint8Array<ArrayBuffer>): void {
    assert(isChunkName(hash) && bytes.length <= CHUNK_BYTES_MAX, "a chunk has a name and a bound");
    try {
      const { total, free } = this.#space();
      const floor = this.#floor(total);
      const lacksRoom = free - fileBytes(bytes.length) < floor;
      const path = this.#path(hash);
      const fd = lacksRoom ? undefined : this.#create(path, hash);
      if (fd !== undefined) return this.#write(fd, path, hash, bytes);
      // The file is read and compared, not just looked for: a chunk that was found to be bad is put again to replace
      // it.
      if ("bytes" in this.read(hash, bytes.length)) return;
      if (lacksRoom) {
        throw new ChunkStoreFull(`The disk of the cache is to keep ${Math.ceil(floor)} bytes free`);
      }
      this.#mend(hash, bytes);
    } catch (error) {
      if (!isFull(error)) throw error;
      throw new ChunkStoreFull("The disk of the cache is full", { cause: error });
    }
  }

  has(hash: string, length: number): boolean {
    return hasChunkFile(this.#directory, hash, length);
  }

  identity(): string | undefined {
    return storeIdentity(this.#directory);
  }

  identify(): string {
    return identifyStore(this.#directory);
  }

  isSettled(): boolean {
    return isStoreSettled(this.#directory);
  }

  settle(): void {
    settleStore(this.#directory);
  }

  unsettle(): void {
    unsettleStore(this.#directory);
  }

  remove(hash: string): boolean {
    return isChunkName(hash) && removeAnything(this.#path(hash));
  }

  *list(): IterableIterator<StoredChunkFile> {
    for (const directory of namesIn(this.#directory)) {
      if (!/^[0-9a-f]{2}$/.test(directory)) continue;
      for (const hash of namesIn(`${this.#directory}/${directory}`)) {
        if (!isChunkName(hash) || !hash.startsWith(directory)) continue;
        const size = sizeOf(`${this.#directory}/${directory}/${hash}`);
        if (size !== undefined) yield { hash, size };
      }
    }
  }

  #reading(hash: string, read: (slot: number) => ChunkReading): ChunkReading {
    const kept = this.#files.find(hash);
    if (kept !== undefined) {
      const reading = tried(read, kept);
      if ("bytes" in reading) return reading;
      // Another file may have the name by now.
      this.#files.close(kept);
    }
    if (!isChunkName(hash)) return NO_CHUNK;
    let slot: number;
    try {
      slot = this.#files.open(hash);
    } catch (error) {
      return unread(error);
    }
    const reading = tried(read, slot);
    if ("fault" in reading) this.#files.close(slot);
    else this.#files.done(slot);
    return reading;
  }

  #whole(
    slot: number,
    hash: string,
    length: number,
    memory: Uint8Array<ArrayBuffer>,
  ): ChunkReading {
    const fd = this.#files.fd(slot);
    const bytes = memory.length === length ? memory : memory.subarray(0, length);
    const expected = fileBytes(length);
    let found: number;
    let sum: bigint;
    if (memory.length < length + CHUNK_ROOM) {
      found = readFileAt(fd, 0, bytes);
      found += readFileAt(fd, length, this.#trailer, expected + 1 - length);
      sum = this.#sum.getBigUint64(0, true);
    } else {
      found = readFileAt(fd, 0, memory, expected + 1);
      sum = new DataView(memory.buffer, memory.byteOffset + length).getBigUint64(0, true);
    }
    if (found !== expected) {
      return found < expected
        ? { fault: "truncated", reason: `its file has ${found} bytes, not ${expected}` }
        : { fault: "corrupt", reason: `its file has more than ${expected} bytes` };
    }
    if (this.#checksum(bytes, hash) !== sum) {
      return { fault: "corrupt", reason: "its checksum differs" };
    }
    return { bytes };
  }

  #blocks(slot: number, hash: string, length: number, from: number, to: number): ChunkReading {
    const files = this.#files;
    const fd = files.fd(slot);
    if (!files.hasSums(slot)) {
      const sums = files.sums(slot, fileBytes(length) - length - CHECKSUM_BYTES);
      if (readFileAt(fd, length + CHECKSUM_BYTES, sums) < sums.length) return ENDS_EARLY;
    }
    const first = Math.floor(from / BLOCK_BYTES);
    const last = Math.ceil(to / BLOCK_BYTES);
    const start = first * BLOCK_BYTES;
    const size = Math.min(length, last * BLOCK_BYTES) - start;
    const bytes = size <= PART_BYTES ? this.#part.subarray(0, size) : new Uint8Array(size);
    if (readFileAt(fd, start, bytes) < size) return ENDS_EARLY;
    for (let block = first; block < last; block++) {
      const at = (block - first) * BLOCK_BYTES;
      const sum = this.#checksum(bytes.subarray(at, at + BLOCK_BYTES), hash, block + 1);
      if (sum !== files.sum(slot, block)) {
        return { fault: "corrupt", reason: "the checksum of a block differs" };
      }
    }
    return { bytes: bytes.subarray(from - start, to - start) };
  }

  /** The space of the disk. Makes the directory when it is not there. */
  #space(): DiskSpace {
    try {
      return diskSpace(this.#root);
    } catch (error) {
      if (errnoOf(error) !== ERRNO.ENOENT) throw error;
      makeDirectory(this.#directory);
      return diskSpace(this.#root);
    }
  }

  /** Creates the file; undefined when the name is taken. Makes its directory when that is not there. */
  #create(path: Uint8Array, hash: string): number | undefined {
    for (let isMade = false;; isMade = true) {
      try {
        return createFile(path);
      } catch (error) {
        const why = errnoOf(error);
        if (why === ERRNO.EEXIST) return undefined;
        if (isMade || !MISSING.has(why ?? 0)) throw error;
        this.#makeDirectoryOf(hash, why);
      }
    }
  }

  #write(fd: number, path: Uint8Array, hash: string, bytes: Uint8Array<ArrayBuffer>): void {
    try {
      try {
        writeFile(fd, bytes);
        writeFile(fd, this.#checksums(hash, bytes));
      } finally {
        closeFile(fd);
      }
    } catch (error) {
      removeAnything(path);
      throw error;
    }
  }

  /**
   * Puts the chunk in the place of whatever has its name. A reader finds the old file or the new one, never a mixture.
   */
  #mend(hash: string, bytes: Uint8Array<ArrayBuffer>): void {
    // A writer that was killed may have left this file.
    removeAnything(this.#unfinished);
    const fd = createFile(this.#unfinished);
    this.#write(fd, this.#unfinished, hash, bytes);
    const path = this.#path(hash);
    try {
      renameFile(this.#unfinished, path);
    } catch (error) {
      if (errnoOf(error) !== ERRNO.EISDIR) throw error;
      removeAnything(path);
      renameFile(this.#unfinished, path);
    }
  }

  #checksums(hash: string, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const count = checksumsOf(bytes.length);
    const sums = new DataView(new ArrayBuffer(count * CHECKSUM_BYTES));
    sums.setBigUint64(0, this.#checksum(bytes, hash), true);
    for (let block = 1; block < count; block++) {
      const part = bytes.subarray((block - 1) * BLOCK_BYTES, block * BLOCK_BYTES);
      sums.setBigUint64(block * CHECKSUM_BYTES, this.#checksum(part, hash, block), true);
    }
    return new Uint8Array(sums.buffer);
  }

  /** Makes the directory of a chunk; replaces whatever has its name and is no directory. */
  #makeDirectoryOf(hash: string, why: number | undefined): void {
    const path = `${this.#directory}/${hash.slice(0, 2)}`;
    if (why === ERRNO.ENOTDIR) removeAnything(encoder.encode(path));
    makeDirectory(path);
  }

  #path(hash: string): Uint8Array<ArrayBuffer> {
    return encoder.encode(`${this.#directory}/${hash.slice(0, 2)}/${hash}`);
  }
}

function freeFloor(total: number): number {
  return Math.min(FREE_BYTES_MIN, FREE_SHARE_MIN * total);
}

function tried(read: (slot: number) => ChunkReading, slot: number): ChunkReading {
  try {
    return read(slot);
  } catch (error) {
    return unread(error);
  }
}

function unread(error: unknown): { fault: ChunkFault; reason: string } {
  const fault = MISSING.has(errnoOf(error) ?? 0) ? "missing" : "unreadable";
  return { fault, reason: messageOf(error) };
}

/** Deletes whatever has this name; returns whether anything had. */
function removeAnything(path: Uint8Array): boolean {
  try {
    unlinkFile(path);
  } catch (error) {
    const why = errnoOf(error) ?? 0;
    if (MISSING.has(why)) return false;
    if (why !== ERRNO.EISDIR) throw error;
    Deno.removeSync(new TextDecoder().decode(path), { recursive: true });
  }
  return true;
}

function makeDirectory(path: string): void {
  Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** The names in a directory; none when it is not there or is no directory. */
function namesIn(directory: string): string[] {
  try {
    return Array.from(Deno.readDirSync(directory), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return [];
    }
    throw error;
  }
}

function sizeOf(path: string): number | undefined {
  try {
    return Deno.lstatSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Whether the disk is full. Deno makes the directories, and its errors carry the name of the errno, not its number. */
function isFull(error: unknown): boolean {
  if (FULL.has(errnoOf(error) ?? 0)) return true;
  const { code } = error as { code?: unknown };
  return code === "ENOSPC" || code === "EDQUOT";
}

function errnoOf(error: unknown): number | undefined {
  return error instanceof PosixError ? error.errno : undefined;
}
