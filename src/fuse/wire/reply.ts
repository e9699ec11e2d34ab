import type { Entry, Node } from "../../../projections/tree/tree_types.ts";
import type { FileSystemTotals } from "../../vfs/filesystem.ts";
import { DIRENT_SIZE, ENTRY_SIZE, OUT_HEADER } from "./abi.ts";
import { type Cookie, NAME_BYTES_MAX, type NodeId, type ShownOwnership } from "../../base/mod.ts";

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
/** Removes write bits, and the bits that make a program run as another user. */
const MODE_MASK = 0o555;
/** The mode of files about which the origin says nothing, or nothing that holds here. */
const MODE_OPEN = 0o444;
const TYPE_DIRECTORY = 4;
const TYPE_FILE = 8;
const BLOCK_BYTES = 4096;

const encoder = new TextEncoder();

/** The part of every answer about a node that does not come from the node: default owners, and validity times. */
export interface ReplyDefaults {
  /** The user who mounted, who owns files about which the origin says nothing. */
  readonly uid: number;
  readonly gid: number;
  readonly shown: ShownOwnership;
  /** Seconds. */
  readonly entrySeconds: number;
  readonly negativeSeconds: number;
  readonly attributeSeconds: number;
}

/**
 * An answer under construction, in a buffer that is reused for the next one. Every method that completes an answer
 * returns its length in bytes, with the header.
 */
export class Reply {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The memory right behind the header, into which content is read. */
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly #words: Uint32Array;
  readonly #defaults: ReplyDefaults;

  constructor(payloadBytes: number, defaults: ReplyDefaults) {
    // Whole pages, so that a record that just fits can be written in words.
    this.bytes = new Uint8Array(OUT_HEADER + payloadBytes + BLOCK_BYTES);
    this.payload = this.bytes.subarray(OUT_HEADER, OUT_HEADER + payloadBytes);
    this.#words = new Uint32Array(this.bytes.buffer);
    this.#defaults = defaults;
  }

  /** Sets the request that is answered. */
  to(uniqueLow: number, uniqueHigh: number): void {
    this.#words[2] = uniqueLow;
    this.#words[3] = uniqueHigh;
  }

  /** Completes an answer of success with `payloadBytes` behind the header. */
  ok(payloadBytes = 0): number {
    const length = OUT_HEADER + payloadBytes;
    this.#words[0] = length;
    this.#words[1] = 0;
    return length;
  }

  error(errno: number): number {
    this.#words[0] = OUT_HEADER;
    this.#words[1] = -errno;
    return OUT_HEADER;
  }

  u32(offset: number, value: number): void {
    this.#words[(OUT_HEADER + offset) >>> 2] = value;
  }

  u64(offset: number, value: number): void {
    this.#u64(OUT_HEADER + offset, value);
  }

  /**
   * Completes an answer to LOOKUP. The kernel may keep it for at most `ttl` seconds; with `keep` it may keep the
   * attributes, otherwise it asks for them each time.
   */
  entry(node: Node, ttl: number, keep: boolean): number {
    this.#entry(OUT_HEADER, node, ttl, keep);
    return this.ok(ENTRY_SIZE);
  }

  /** Completes the answer that a name does not exist, which the kernel may remember for at most `ttl` seconds. */
  noEntry(ttl: number): number {
    this.#words.fill(0, 4, 4 + ENTRY_SIZE / 4);
    this.u64(16, Math.min(this.#defaults.negativeSeconds, ttl));
    return this.ok(ENTRY_SIZE);
  }

  attributes(node: Node, keep: boolean): number {
    this.u64(0, keep ? this.#defaults.attributeSeconds : 0);
    this.u64(8, 0);
    this.#attributes(OUT_HEADER + 16, node);
    return this.ok(104);
  }

  opened(handle: number, flags: number, backing = 0): number {
    this.u64(0, handle);
    this.u32(8, flags);
    this.u32(12, backing);
    return this.ok(16);
  }

  statfs(totals: FileSystemTotals): number {
    this.#words.fill(0, 4, 4 + 80 / 4);
    this.u64(0, Math.ceil(totals.bytes / BLOCK_BYTES));
    this.u64(24, totals.files);
    this.u32(40, BLOCK_BYTES);
    this.u32(44, NAME_BYTES_MAX);
    this.u32(48, BLOCK_BYTES);
    return this.ok(80);
  }

  /**
   * Adds a directory record at `offset` of the payload. Returns the offset behind it; undefined when that would be
   * above `limit`. `plus` puts the answer to a LOOKUP before it (see {@link entry}).
   */
  directoryEntry(
    offset: number,
    limit: number,
    entry: Entry,
    plus: boolean,
    keep: boolean,
  ): number | undefined {
    const { node, name, cookie } = entry;
    const start = offset + (plus ? ENTRY_SIZE : 0);
    const length = this.#name(offset, start + DIRENT_SIZE, limit, name);
    if (length < 0) return undefined;
    if (plus) this.#entry(OUT_HEADER + offset, node, entry.ttl, keep);
    return this.#dirent(start, node.id, cookie, length, node.kind === "directory");
  }

  /**
   * As {@link directoryEntry} with `plus`, but with the name of the file alone: the kernel looks the name up when it
   * needs more.
   */
  namedEntry(offset: number, limit: number, { node, name, cookie }: Entry): number | undefined {
    const start = offset + ENTRY_SIZE;
    const length = this.#name(offset, start + DIRENT_SIZE, limit, name);
    if (length < 0) return undefined;
    const word = (OUT_HEADER + offset) >>> 2;
    this.#words.fill(0, word, word + ENTRY_SIZE / 4);
    return this.#dirent(start, node.id, cookie, length, node.kind === "directory");
  }

  /** Adds `.` or `..`. The kernel does not look these up, so there is no entry before the record. */
  dotEntry(
    offset: number,
    limit: number,
    name: "." | "..",
    node: NodeId,
    cookie: Cookie,
    plus: boolean,
  ): number | undefined {
    const start = offset + (plus ? ENTRY_SIZE : 0);
    if (this.#name(offset, start + DIRENT_SIZE, limit, name) < 0) return undefined;
    const word = (OUT_HEADER + offset) >>> 2;
    if (plus) this.#words.fill(0, word, word + ENTRY_SIZE / 4);
    return this.#dirent(start, node, cookie, name.length, true);
  }

  #dirent(
    start: number,
    node: NodeId,
    cookie: Cookie,
    nameLength: number,
    directory: boolean,
  ): number {
    const at = OUT_HEADER + start;
    const word = at >>> 2;
    this.#u64(at, node);
    this.#u64(at + 8, cookie);
    this.#words[word + 4] = nameLength;
    this.#words[word + 5] = directory ? TYPE_DIRECTORY : TYPE_FILE;
    const end = start + DIRENT_SIZE + nameLength;
    const padded = (end + 7) & ~7;
    this.bytes.fill(0, OUT_HEADER + end, OUT_HEADER + padded);
    return padded;
  }

  /** Writes a name and returns its length in bytes; -1 when the padded record would end above `limit`. */
  #name(recordStart: number, start: number, limit: number, name: string): number {
    const bytes = this.bytes;
    const at = OUT_HEADER + start;
    if (start >= limit) return -1;
    // ASCII letters are copied one by one: most names consist of them, and a call of the encoder takes longer.
    const most = Math.min(name.length, limit - start);
    let length = 0;
    for (; length < most; length++) {
      const code = name.charCodeAt(length);
      if (code > 0x7f) break;
      bytes[at + length] = code;
    }
    if (length < name.length) {
      if (start + name.length > limit) return -1;
      const { read, written } = encoder.encodeInto(
        name,
        bytes.subarray(at, OUT_HEADER + limit),
      );
      if (read < name.length) return -1;
      length = written;
    }
    const record = start + length - recordStart;
    return recordStart + ((record + 7) & ~7) > limit ? -1 : length;
  }

  #entry(at: number, node: Node, ttl: number, keep: boolean): void {
    const words = this.#words;
    const word = at >>> 2;
    const { entrySeconds, attributeSeconds } = this.#defaults;
    this.#u64(at, node.id);
    words[word + 2] = 0;
    words[word + 3] = 0;
    words[word + 4] = Math.min(entrySeconds, ttl);
    words[word + 5] = 0;
    words[word + 6] = keep ? Math.min(attributeSeconds, ttl) : 0;
    words[word + 7] = 0;
    words[word + 8] = 0;
    words[word + 9] = 0;
    this.#attributes(at + 40, node);
  }

  #attributes(at: number, node: Node): void {
    const words = this.#words;
    const word = at >>> 2;
    this.#u64(at, node.id);
    this.#u64(at + 8, node.size);
    this.#u64(at + 16, Math.ceil(node.size / 512));
    this.#u64(at + 24, node.mtime_s);
    this.#u64(at + 32, node.mtime_s);
    this.#u64(at + 40, node.mtime_s);
    words[word + 12] = node.mtime_ns;
    words[word + 13] = node.mtime_ns;
    words[word + 14] = node.mtime_ns;
    const { uid, gid, shown } = this.#defaults;
    words[word + 15] = node.kind === "directory"
      ? S_IFDIR | (shown.directoryMode ?? MODE_MASK) & MODE_MASK
      : S_IFREG | (shown.fileMode ?? node.mode ?? MODE_OPEN) & MODE_MASK;
    // A count of two would say that a directory has no subdirectories, which find(1) relies on; one says nothing
    // about that.
    words[word + 16] = 1;
    words[word + 17] = shown.uid ?? node.uid ?? uid;
    words[word + 18] = shown.gid ?? node.gid ?? gid;
    words[word + 19] = 0;
    words[word + 20] = BLOCK_BYTES;
    words[word + 21] = 0;
  }

  #u64(at: number, value: number): void {
    const word = at >>> 2;
    // Typed arrays take numbers modulo 2^32, and floor keeps times before 1970 in two's complement.
    this.#words[word] = value;
    this.#words[word + 1] = Math.floor(value / 2 ** 32);
  }
}
