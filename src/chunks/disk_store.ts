import { assert, CHUNK_BYTES_MAX, FREE_BYTES_MIN, FREE_SHARE_MIN, messageOf } from "../base/mod.ts";
import {
  closeFile,
  createFile,
  type DiskSpace,
  diskSpace,
  ERRNO,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  openTerminated,
  PosixError,
  readFileAt,
  renameFile,
  unlinkFile,
  writeFile,
} from "../posix/mod.ts";
import { BLOCK_BYTES, type Checksum, CHECKSUM_BYTES, checksumsOf } from "./checksum.ts";
import { isChunkName } from "./chunk_name.ts";
import {
  CHUNK_ROOM,
  type ChunkFault,
  type ChunkReading,
  type ChunkStore,
  ChunkStoreFull,
  type StoredChunkFile,
} from "./chunk_store.ts";

/** A chunk on its way into the store: there is one writer, and it writes one chunk at a time. */
const UNFINISHED = "unfinished";
const MISSING: ReadonlySet<number> = new Set([ERRNO.ENOENT, ERRNO.ENOTDIR]);
const FULL: ReadonlySet<number> = new Set([ERRNO.ENOSPC, ERRNO.EDQUOT]);
const NAME_DIGITS = 64;
/** A part of up to so many bytes is read into memory that is used again. */
const PART_BYTES = 16 * 1024;
const encoder = new TextEncoder();

export interface DiskStoreOptions {
  /** Bytes to be left free of a disk of so many. */
  readonly floor?: (total: number) => number;
}

/**
 * Chunks in files, as FORMAT.md describes them. Every call is a few system calls on the calling thread.
 *
 * The directory may be deleted at any time, and anything may take the place of a file in it: reading finds a
 * fault then, and writing makes it anew.
 */
export class DiskChunkStore implements ChunkStore {
  readonly #directory: string;
  readonly #checksum: Checksum;
  readonly #floor: (total: number) => number;
  readonly #root: Uint8Array<ArrayBuffer>;
  readonly #unfinished: Uint8Array<ArrayBuffer>;
  /** Path of the chunk that is read, for C: its last part is written anew for each. */
  readonly #readPath: Uint8Array<ArrayBuffer>;
  /** Where parts are read to, and their checksums. */
  readonly #part = new Uint8Array(PART_BYTES);
  readonly #sums = new DataView(new ArrayBuffer(CHUNK_ROOM));

  constructor(directory: string, checksum: Checksum, { floor = freeFloor }: DiskStoreOptions = {}) {
    this.#directory = directory;
    this.#checksum = checksum;
    this.#floor = floor;
    this.#root = encoder.encode(directory);
    this.#unfinished = encoder.encode(`${directory}/${UNFINISHED}`);
    this.#readPath = encoder.encode(`${directory}/ab/${"0".repeat(NAME_DIGITS)}\0`);
  }

  read(hash: string, length: number, into?: Uint8Array<ArrayBuffer>): ChunkReading {
    if (!isChunkName(hash) || length > CHUNK_BYTES_MAX) {
      return { fault: "missing", reason: "no chunk is called that, or is so long" };
    }
    const memory = into ?? new Uint8Array(length + CHUNK_ROOM);
    const expected = fileBytes(length);
    let found: number;
    try {
      const fd = this.#open(hash);
      try {
        found = readFileAt(fd, 0, memory.subarray(0, expected + 1));
      } finally {
        closeFile(fd);
      }
    } catch (error) {
      return unread(error);
    }
    if (found !== expected) {
      return found < expected
        ? { fault: "truncated", reason: `its file has ${found} bytes, not ${expected}` }
        : { fault: "corrupt", reason: `its file has more than ${expected} bytes` };
    }
    const bytes = memory.subarray(0, length);
    const trailer = new DataView(memory.buffer, memory.byteOffset + length, CHECKSUM_BYTES);
    return this.#checksum(bytes, hash) === trailer.getBigUint64(0, true)
      ? { bytes }
      : { fault: "corrupt", reason: "its checksum differs" };
  }

  readPart(hash: string, length: number, from: number, to: number): ChunkReading {
    if (!isChunkName(hash) || length > CHUNK_BYTES_MAX || length <= BLOCK_BYTES) {
      const reading = this.read(hash, length);
      return "fault" in reading ? reading : { bytes: reading.bytes.subarray(from, to) };
    }
    const first = Math.floor(from / BLOCK_BYTES);
    const last = Math.ceil(to / BLOCK_BYTES);
    const start = first * BLOCK_BYTES;
    const size = Math.min(length, last * BLOCK_BYTES) - start;
    const bytes = size <= PART_BYTES ? this.#part.subarray(0, size) : new Uint8Array(size);
    const sums = new Uint8Array(this.#sums.buffer, 0, (last - first) * CHECKSUM_BYTES);
    try {
      const fd = this.#open(hash);
      try {
        const found = readFileAt(fd, start, bytes) +
          readFileAt(fd, length + CHECKSUM_BYTES * (1 + first), sums);
        if (found < bytes.length + sums.length) {
          return { fault: "truncated", reason: "its file ends too early" };
        }
      } finally {
        closeFile(fd);
      }
    } catch (error) {
      return unread(error);
    }
    for (let block = first; block < last; block++) {
      const at = (block - first) * BLOCK_BYTES;
      const sum = this.#checksum(bytes.subarray(at, at + BLOCK_BYTES), hash, block + 1);
      if (sum !== this.#sums.getBigUint64((block - first) * CHECKSUM_BYTES, true)) {
        return { fault: "corrupt", reason: "the checksum of a block differs" };
      }
    }
    return { bytes: bytes.subarray(from - start, to - start) };
  }

  put(hash: string, bytes: Uint8Array<ArrayBuffer>): void {
    assert(isChunkName(hash) && bytes.length <= CHUNK_BYTES_MAX, "a chunk has a name and a bound");
    // Compared, not looked at: a chunk that was found to be bad is put again to be mended.
    if ("bytes" in this.read(hash, bytes.length)) return;
    try {
      const { total, free } = this.#space();
      const floor = this.#floor(total);
      if (free - fileBytes(bytes.length) < floor) {
        throw new ChunkStoreFull(`The disk of the cache is to keep ${Math.ceil(floor)} bytes free`);
      }
      this.#write(hash, bytes);
    } catch (error) {
      if (!isFull(error)) throw error;
      throw new ChunkStoreFull("The disk of the cache is full", { cause: error });
    }
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

  /** Of the disk, with the directory made when it is not there. */
  #space(): DiskSpace {
    try {
      return diskSpace(this.#root);
    } catch (error) {
      if (errnoOf(error) !== ERRNO.ENOENT) throw error;
      makeDirectory(this.#directory);
      return diskSpace(this.#root);
    }
  }

  #write(hash: string, bytes: Uint8Array<ArrayBuffer>): void {
    const trailer = this.#checksums(hash, bytes);
    const fd = this.#create();
    try {
      try {
        writeFile(fd, bytes);
        writeFile(fd, trailer);
      } finally {
        closeFile(fd);
      }
      this.#finish(hash);
    } catch (error) {
      removeAnything(this.#unfinished);
      throw error;
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

  #create(): number {
    try {
      return createFile(this.#unfinished);
    } catch (error) {
      if (errnoOf(error) !== ERRNO.EEXIST) throw error;
      // Left by a writer that was killed.
      removeAnything(this.#unfinished);
      return createFile(this.#unfinished);
    }
  }

  /** Gives the file its name, also when its directory is not there yet or when something else has the name. */
  #finish(hash: string): void {
    const path = this.#path(hash);
    try {
      renameFile(this.#unfinished, path);
    } catch (error) {
      const why = errnoOf(error);
      const directory = `${this.#directory}/${hash.slice(0, 2)}`;
      if (why === ERRNO.EISDIR) removeAnything(path);
      else if (why === ERRNO.ENOTDIR) removeAnything(encoder.encode(directory));
      else if (why !== ERRNO.ENOENT) throw error;
      makeDirectory(directory);
      renameFile(this.#unfinished, path);
    }
  }

  /**
   * Whatever lies there: a FIFO does not block, a link is not followed, and what can't be read at an offset says so
   * when it is read. Throws PosixError.
   */
  #open(hash: string): number {
    const path = this.#readPath;
    const end = path.length - 1;
    const name = end - NAME_DIGITS;
    path[name - 3] = hash.charCodeAt(0);
    path[name - 2] = hash.charCodeAt(1);
    for (let i = 0; i < NAME_DIGITS; i++) path[name + i] = hash.charCodeAt(i);
    return openTerminated(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  }

  #path(hash: string): Uint8Array<ArrayBuffer> {
    return encoder.encode(`${this.#directory}/${hash.slice(0, 2)}/${hash}`);
  }
}

function freeFloor(total: number): number {
  return Math.min(FREE_BYTES_MIN, FREE_SHARE_MIN * total);
}

/** Bytes that the file of a chunk has. */
function fileBytes(length: number): number {
  return length + CHECKSUM_BYTES * checksumsOf(length);
}

function unread(error: unknown): { fault: ChunkFault; reason: string } {
  const fault = MISSING.has(errnoOf(error) ?? 0) ? "missing" : "unreadable";
  return { fault, reason: messageOf(error) };
}

/** Whether there was anything by that name. */
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

/** Names in a directory; none when it is not there or no directory. */
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

/** Directories are made by Deno, whose errors carry the name of the errno. */
function isFull(error: unknown): boolean {
  if (FULL.has(errnoOf(error) ?? 0)) return true;
  const { code } = error as { code?: unknown };
  return code === "ENOSPC" || code === "EDQUOT";
}

function errnoOf(error: unknown): number | undefined {
  return error instanceof PosixError ? error.errno : undefined;
}
