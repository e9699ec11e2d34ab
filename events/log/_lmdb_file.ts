/**
 * Checks before LMDB opens its files. The binding ends the whole process with a segmentation fault when the open
 * fails. LMDB ends it with SIGBUS when a page lies beyond the end of the file, or when the disk has no room for a
 * page of its lock table. So each of these reasons is looked for here, where it becomes an error.
 *
 * @module
 */
import { LogCorrupt } from "./errors.ts";

/** Room for two meta pages, the first trees and a table of 126 readers. */
const FIRST_BYTES = 64 * 1024;
const LOCK_TABLE_BYTES = 8272;

/** Fields of a meta page (struct MDB_page and MDB_meta of the LMDB in lmdb-js, data version 2). */
const META = { pages: 2, bytes: 160, flag: 0x08, magic: 0xbeefc0de, version: 2 } as const;
const AT = { flags: 18, magic: 24, version: 28, pageSize: 48, root: 136, lastPage: 144 } as const;
/** Pages that one transaction allocated and freed are not written: up to this many may be missing at the end. */
const UNWRITTEN_PAGES_MAX = 256;
/** The root of a tree without pages. */
const NO_PAGE = 2n ** 64n - 1n;

/**
 * Prepares a log file for appending. @throws LogCorrupt for an incomplete file; an error of Deno when the file can't
 * be made or written.
 */
export function prepareToAppend(path: string): void {
  using data = Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
  if (holdsNothing(data)) {
    writeZeros(data, FIRST_BYTES);
    data.truncateSync(0);
  } else {
    assertWhole(data);
  }
  using lock = Deno.openSync(lockPath(path), {
    read: true,
    write: true,
    create: true,
    mode: 0o600,
  });
  if (lock.statSync().size < LOCK_TABLE_BYTES) writeZeros(lock, LOCK_TABLE_BYTES);
}

/** Prepares a log file for reading. @throws LogCorrupt for an incomplete file; an error of Deno when it can't be read. */
export function prepareToRead(path: string): void {
  using data = Deno.openSync(path);
  assertWhole(data);
  try {
    Deno.openSync(lockPath(path), { read: true, write: true, create: true, mode: 0o600 }).close();
  } catch (error) {
    // On a read-only file system LMDB does without a lock table.
    if (!(error instanceof Error && error.message.includes("(os error 30)"))) throw error;
  }
}

/** LMDB's table of readers of a file. */
export function lockPath(path: string): string {
  return `${path}-lock`;
}

/** Whether the file is new, or its creation was cut off before LMDB wrote to it. */
function holdsNothing(data: Deno.FsFile): boolean {
  const { size } = data.statSync();
  if (size > FIRST_BYTES) return false;
  const bytes = new Uint8Array(size);
  data.readSync(bytes);
  return bytes.every((byte) => byte === 0);
}

function assertWhole(data: Deno.FsFile): void {
  const page = new DataView(new ArrayBuffer(META.bytes));
  let pageSize = 0;
  let pages = 0;
  for (let meta = 0; meta < META.pages; meta++) {
    data.seekSync(meta * pageSize, Deno.SeekMode.Start);
    const bytes = data.readSync(new Uint8Array(page.buffer));
    if (
      bytes !== META.bytes || (page.getUint16(AT.flags, true) & META.flag) === 0 ||
      page.getUint32(AT.magic, true) !== META.magic ||
      page.getUint32(AT.version, true) !== META.version
    ) {
      throw new LogCorrupt("its file does not begin as it should");
    }
    pageSize = page.getUint32(AT.pageSize, true);
    const last = Number(page.getBigUint64(AT.lastPage, true)) - UNWRITTEN_PAGES_MAX;
    const root = page.getBigUint64(AT.root, true);
    pages = Math.max(pages, last + 1, root === NO_PAGE ? 0 : Number(root) + 1);
  }
  // The size is read last, since a concurrent commit lengthens the file before its meta page says so.
  const { size } = data.statSync();
  if (size < pages * pageSize) {
    throw new LogCorrupt(`its file is cut short: ${size} of ${pages * pageSize} bytes`);
  }
}

function writeZeros(file: Deno.FsFile, bytes: number): void {
  let left = bytes;
  while (left > 0) left -= file.writeSync(new Uint8Array(left));
  file.syncSync();
}
