import { CHUNK_BYTES_MAX } from "../../base/mod.ts";
import {
  closeFile,
  ERRNO,
  isUnlinked,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  openTerminated,
  PosixError,
} from "../../posix/mod.ts";
import { BLOCK_BYTES, CHECKSUM_BYTES } from "./checksum.ts";

const NAME_DIGITS = 64;
/** Most bytes that the checksums of a chunk's blocks take. */
const SUMS_BYTES = CHECKSUM_BYTES * CHUNK_BYTES_MAX / BLOCK_BYTES;
/**
 * Open files that were deleted are closed this often: a deleted file keeps its bytes on the disk for as long as it is
 * open.
 */
const SWEEP_MS = 2_000;
const SWEPT_AT_ONCE = 1024;
const encoder = new TextEncoder();

/**
 * Open files of chunks, each in a slot, with the checksums of its blocks where these were read. The last `keep` files
 * that were opened stay open: opening a file costs more than reading a few bytes of it.
 */
export class ChunkFiles {
  readonly #keep: number;
  /** Path of the chunk that is being opened, for C: its last part is overwritten for each chunk. */
  readonly #path: Uint8Array<ArrayBuffer>;
  readonly #slots = new Map<string, number>();
  readonly #names: string[] = [];
  readonly #fds: number[] = [];
  readonly #hasSums: boolean[] = [];
  #sums: DataView<ArrayBuffer> | undefined;
  #next = 0;
  /** Whether any file was asked for since the last sweep. */
  #isUsed = false;
  #swept = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(directory: string, keep: number) {
    this.#keep = keep;
    this.#path = encoder.encode(`${directory}/ab/${"0".repeat(NAME_DIGITS)}\0`);
  }

  /** The slot of a chunk's file; undefined when it isn't open. */
  find(hash: string): number | undefined {
    this.#isUsed = true;
    return this.#slots.get(hash);
  }

  /**
   * Opens whatever has the name of the chunk, and returns its slot. A FIFO does not block, a link is not followed, and
   * a file that can't be read at an offset fails when it is read. Throws PosixError.
   */
  open(hash: string): number {
    const path = this.#path;
    const end = path.length - 1;
    const name = end - NAME_DIGITS;
    path[name - 3] = hash.charCodeAt(0);
    path[name - 2] = hash.charCodeAt(1);
    for (let i = 0; i < NAME_DIGITS; i++) path[name + i] = hash.charCodeAt(i);
    const fd = this.#descriptor(path);
    const slot = this.#next;
    this.close(slot);
    this.#slots.set(hash, slot);
    this.#names[slot] = hash;
    this.#fds[slot] = fd;
    this.#hasSums[slot] = false;
    this.#next = slot + 1 < this.#keep ? slot + 1 : 0;
    if (this.#keep > 0) this.#timer ??= this.#sweepLater();
    return slot;
  }

  /** Opens a file. When too many are open, closes those that are only kept for the next read. */
  #descriptor(path: Uint8Array<ArrayBuffer>): number {
    const flags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW;
    try {
      return openTerminated(path, flags);
    } catch (error) {
      const isTooMany = error instanceof PosixError &&
        (error.errno === ERRNO.EMFILE || error.errno === ERRNO.ENFILE);
      if (!isTooMany || this.#slots.size === 0) throw error;
      this.closeAll();
      return openTerminated(path, flags);
    }
  }

  fd(slot: number): number {
    return this.#fds[slot]!;
  }

  /** Whether the checksums of the file's blocks were read. */
  hasSums(slot: number): boolean {
    return this.#hasSums[slot]!;
  }

  /** Memory into which the caller reads the checksums of the file's blocks. */
  sums(slot: number, length: number): Uint8Array<ArrayBuffer> {
    this.#hasSums[slot] = true;
    return new Uint8Array(this.#memory.buffer, slot * SUMS_BYTES, length);
  }

  sum(slot: number, block: number): bigint {
    return this.#memory.getBigUint64(slot * SUMS_BYTES + block * CHECKSUM_BYTES, true);
  }

  /** To be called when the file has been read: it is closed unless files are kept open. */
  done(slot: number): void {
    if (this.#keep === 0) this.close(slot);
  }

  close(slot: number): void {
    if (!this.#isOpen(slot)) return;
    this.#slots.delete(this.#names[slot]!);
    closeFile(this.#fds[slot]!);
  }

  closeAll(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const slot of this.#slots.values()) closeFile(this.#fds[slot]!);
    this.#slots.clear();
  }

  get #memory(): DataView<ArrayBuffer> {
    return this.#sums ??= new DataView(new ArrayBuffer(Math.max(this.#keep, 1) * SUMS_BYTES));
  }

  #sweepLater(): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => this.#sweep(), SWEEP_MS);
    Deno.unrefTimer(timer);
    return timer;
  }

  /** Closes files that were deleted; all files when none was read since the last sweep. */
  #sweep(): void {
    if (!this.#isUsed) return this.closeAll();
    this.#isUsed = false;
    for (let i = 0; i < Math.min(SWEPT_AT_ONCE, this.#fds.length); i++) {
      this.#swept = (this.#swept + 1) % this.#fds.length;
      if (this.#isOpen(this.#swept) && isGone(this.#fds[this.#swept]!)) this.close(this.#swept);
    }
    this.#timer = this.#sweepLater();
  }

  #isOpen(slot: number): boolean {
    return this.#slots.get(this.#names[slot]!) === slot;
  }
}

/** Whether the file was deleted. A file that can't be examined (its disk was pulled out) counts as deleted. */
function isGone(fd: number): boolean {
  try {
    return isUnlinked(fd);
  } catch {
    return true;
  }
}
