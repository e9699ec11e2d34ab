import { type Entry, type Node, ROOT_ID } from "../../../projections/tree/tree_types.ts";
import {
  FileSystemError,
  type Logger,
  messageOf,
  NAME_BYTES_MAX,
  type NodeId,
  toCookie,
  toNodeId,
} from "../../base/mod.ts";
import type { Answer, FileSystem, OpenFile } from "../../vfs/filesystem.ts";
import { DIRENT_SIZE, ENTRY_SIZE, FOPEN, GETATTR_FH, MAX_PAGES, OP } from "../wire/abi.ts";
import type { BackingFiles } from "./backing.ts";
import { ERRNO, errnoOf } from "../wire/errno.ts";
import { negotiate, type Negotiated } from "../wire/init.ts";
import type { KnownNames } from "./known_names.ts";
import { ListingHabit } from "./listing_habit.ts";
import type { NodeReferences } from "./node_references.ts";
import { PendingReplies } from "./pending_replies.ts";
import { Reply, type ReplyDefaults } from "../wire/reply.ts";
import { Request } from "../wire/request.ts";

const BODY = Request.BODY;
/** The most payload that one answer needs: what one READ or READDIR may ask for. */
const PAYLOAD_BYTES = MAX_PAGES * 4096;
/** The cookies of `.` and `..`, which are below the cookies of all entries. */
const DOT_COOKIE = toCookie(1);
const DOT_DOT_COOKIE = toCookie(2);
/** A guess of a record's name, in bytes, to ask for about as many entries as will fit. */
const RECORD_GUESS = 32;
const O_ACCMODE = 3;
const NO_REPLY = 0;

export interface DispatchOptions {
  readonly fileSystem: FileSystem;
  readonly references: NodeReferences;
  readonly backing: BackingFiles;
  readonly defaults: ReplyDefaults;
  readonly passthrough: boolean;
  /** The newest protocol version to speak; when absent, the newest that both sides know. */
  readonly minorMax?: number;
  /** Remembers the names that the kernel was told. */
  readonly names: KnownNames;
  readonly logger: Logger;
  readonly negotiated: (negotiated: Negotiated) => void;
  /** Hands an answer to the kernel. Returns false when nobody waits for the answer any more. */
  readonly send: (bytes: Uint8Array<ArrayBuffer>, length: number) => boolean;
}

/** The meaning of a name: a node, and for how long the kernel may keep it. */
type Named = Pick<Entry, "node" | "ttl">;

/** An answer to READDIR under construction. */
interface Listing {
  readonly directory: NodeId;
  /** The maximum length in bytes, and the present one. */
  readonly limit: number;
  used: number;
  readonly plus: boolean;
}

/** Decodes a request, asks the file system, encodes the answer. The file system decides everything else. */
export class Dispatcher {
  readonly #fs: FileSystem;
  readonly #references: NodeReferences;
  readonly #backing: BackingFiles;
  readonly #options: DispatchOptions;
  readonly #pending: PendingReplies;
  readonly #habit = new ListingHabit();
  /** The memory of every answer: an answer is encoded and sent in one step. */
  readonly #reply: Reply;

  constructor(options: DispatchOptions) {
    this.#options = options;
    this.#fs = options.fileSystem;
    this.#references = options.references;
    this.#backing = options.backing;
    this.#reply = new Reply(PAYLOAD_BYTES, options.defaults);
    this.#pending = new PendingReplies(this.#reply, (error) => this.#errno(error), options.send);
  }

  /** How many answers are not ready yet. */
  get pending(): number {
    return this.#pending.size;
  }

  /** To be called when the file system is gone, and with it all callers. */
  close(): void {
    this.#pending.cancelAll();
  }

  handle(request: Request): void {
    const reply = this.#reply;
    reply.to(request.uniqueLow, request.uniqueHigh);
    let length: number;
    try {
      length = this.#answer(request, reply);
    } catch (error) {
      length = reply.error(this.#errno(error));
    }
    if (length !== NO_REPLY) this.#options.send(reply.bytes, length);
  }

  #answer(request: Request, reply: Reply): number {
    switch (request.opcode) {
      case OP.LOOKUP:
        return this.#lookup(request, reply);
      case OP.GETATTR:
        return this.#getAttributes(request, reply);
      case OP.READ:
        return this.#read(request, reply);
      case OP.OPEN:
        return this.#open(request, reply);
      case OP.RELEASE:
        this.#backing.release(request.node);
        this.#fs.release(request.u64(BODY));
        return reply.ok();
      case OP.READDIR:
        return this.#readDirectory(request, reply, false);
      case OP.READDIRPLUS:
        return this.#readDirectory(request, reply, true);
      case OP.FORGET:
        this.#forget(request.node, request.u64(BODY));
        return NO_REPLY;
      case OP.BATCH_FORGET:
        this.#batchForget(request);
        return NO_REPLY;
      case OP.GETXATTR:
        return this.#getXattr(request, reply);
      case OP.LISTXATTR:
        return this.#listXattr(request, reply);
      case OP.STATFS:
        return reply.statfs(this.#fs.totals());
      case OP.INTERRUPT:
        this.#pending.interrupt(request.u32(BODY), request.u32(BODY + 4));
        return NO_REPLY;
      case OP.INIT:
        this.#options.negotiated(negotiate(request, reply, this.#options));
        return reply.ok(64);
      case OP.READLINK:
        return reply.error(ERRNO.EINVAL);
      case OP.IOCTL:
        return reply.error(ERRNO.ENOTTY);
      case OP.RELEASEDIR:
      case OP.DESTROY:
        return reply.ok();
      case OP.NOTIFY_REPLY:
        return NO_REPLY;
      case OP.SETATTR:
      case OP.SYMLINK:
      case OP.MKNOD:
      case OP.MKDIR:
      case OP.UNLINK:
      case OP.RMDIR:
      case OP.RENAME:
      case OP.RENAME2:
      case OP.LINK:
      case OP.CREATE:
      case OP.TMPFILE:
      case OP.WRITE:
      case OP.FALLOCATE:
      case OP.COPY_FILE_RANGE:
      case OP.COPY_FILE_RANGE_64:
      case OP.SETXATTR:
      case OP.REMOVEXATTR:
        return reply.error(ERRNO.EROFS);
      default:
        // The kernel remembers this for OPENDIR, FLUSH, FSYNC, ACCESS, LSEEK, POLL, STATX and locks. From then on it
        // does by itself, without a message, what a read-only file system would have answered.
        return reply.error(ERRNO.ENOSYS);
    }
  }

  #lookup(request: Request, reply: Reply): number {
    const length = request.nameLength(BODY);
    if (length > NAME_BYTES_MAX) return reply.error(ERRNO.ENAMETOOLONG);
    const name = request.name(BODY, length);
    if (name === undefined) return reply.noEntry(Infinity);
    const directory = request.node;
    const found = this.#named(directory, name);
    if (!(found instanceof Promise)) return this.#found(directory, name, found, reply);
    this.#pending.add(request, found, {
      build: (later, entry) => this.#found(directory, name, entry, later),
      unwanted: (entry, built) => {
        if (built && entry !== undefined && entry.node.id !== ROOT_ID) {
          this.#forget(entry.node.id, 1);
        }
      },
    });
    return NO_REPLY;
  }

  #found(directory: NodeId, name: string, found: Named | undefined, reply: Reply): number {
    if (found === undefined) {
      const ttl = this.#fs.missingTtl(directory);
      if (ttl === Infinity) this.#options.names.missing(directory, name);
      return reply.noEntry(ttl);
    }
    const { node, ttl } = found;
    // The root is never looked up by name. As `..` of its children it must not be answered with node 1 and a reference,
    // since the kernel would not give the reference back.
    if (node.id !== ROOT_ID) {
      const isDirectory = node.kind === "directory";
      this.#references.add(node.id, isDirectory);
      if (!isDirectory) this.#habit.asked();
      if (name !== "." && name !== "..") this.#lasting(directory, name, found);
    }
    return reply.entry(node, ttl, !this.#fs.hasOldOpen(node.id));
  }

  /** Remembers a name, unless the kernel will soon ask for it again by itself, as it does for each query ever named. */
  #lasting(directory: NodeId, name: string, { node, ttl }: Named): void {
    if (ttl === Infinity) this.#options.names.found(directory, name, node.id);
  }

  #getAttributes(request: Request, reply: Reply): number {
    const hasHandle = (request.u32(BODY) & GETATTR_FH) !== 0;
    const node = this.#node(request.node, hasHandle ? request.u64(BODY + 8) : undefined);
    return reply.attributes(node, !this.#fs.hasOldOpen(node.id));
  }

  /** File handles of exported mounts ask for `.` and `..`, of files as well as of directories. */
  #named(directory: NodeId, name: string): Answer<Named | undefined> {
    if (name === ".") return { node: this.#node(directory), ttl: Infinity };
    if (name === "..") return { node: this.#node(this.#node(directory).parent), ttl: Infinity };
    return this.#fs.lookup(directory, name);
  }

  #node(id: NodeId, handle?: number): Node {
    const node = this.#fs.attributes(id, handle);
    if (node === undefined) throw new FileSystemError("ENOENT");
    return node;
  }

  #open(request: Request, reply: Reply): number {
    if ((request.u32(BODY) & O_ACCMODE) !== 0) return reply.error(ERRNO.EROFS);
    const node = request.node;
    const file = this.#fs.open(node, this.#backing.enabled);
    let opening: OpenFile | Promise<OpenFile> = file;
    if (!(file instanceof Promise)) {
      const built = this.#opened(node, file, reply);
      if (typeof built === "number") {
        if (this.#options.send(reply.bytes, built)) this.#fs.opened(file.handle);
        else this.#closed(node, file);
        return NO_REPLY;
      }
      opening = built;
    }
    this.#pending.add(request, Promise.resolve(opening), {
      build: (later, opened) => this.#opened(node, opened, later),
      unwanted: (opened, built) =>
        built ? this.#closed(node, opened) : this.#fs.release(opened.handle),
    });
    return NO_REPLY;
  }

  /**
   * Decides how the file is read. A node's first open decides for all that follow while it is open. Returns a promise
   * when the kernel is to read the file by itself and the file must be opened for that first.
   */
  #opened(node: NodeId, file: OpenFile, reply: Reply): number | Promise<OpenFile> {
    const { handle } = file;
    const backing = this.#backing;
    if (!backing.enabled) return reply.opened(handle, plainFlags(file));
    try {
      if (file.direct && backing.passes(node)) {
        // While the kernel reads an older version by itself, it allows no other way of reading the node.
        throw new FileSystemError("ESTALE", "an older version is open and passed through");
      }
      const passed = !file.direct && (file.passable || backing.passes(node));
      const descriptor = passed ? this.#fs.descriptor(handle) : undefined;
      if (descriptor instanceof Promise) {
        return descriptor.then(() => file, (error) => {
          this.#fs.release(handle);
          throw error;
        });
      }
      if (passed && descriptor === undefined && backing.passes(node)) {
        // The node is open from when it was local, and the kernel reads that copy by itself.
        throw new FileSystemError("ESTALE", "another copy is passed through");
      }
      const id = backing.open(node, descriptor);
      if (id === 0) return reply.opened(handle, plainFlags(file));
      this.#fs.passedThrough(handle);
      return reply.opened(handle, FOPEN.PASSTHROUGH, id);
    } catch (error) {
      this.#fs.release(handle);
      throw error;
    }
  }

  /** To be called when nobody took the answer to an open, so that no RELEASE will come. */
  #closed(node: NodeId, file: OpenFile): void {
    this.#backing.release(node);
    this.#fs.release(file.handle);
  }

  #read(request: Request, reply: Reply): number {
    const size = Math.min(request.u32(BODY + 16), PAYLOAD_BYTES);
    const bytes = this.#fs.read(
      request.u64(BODY),
      request.u64(BODY + 8),
      reply.payload.subarray(0, size),
    );
    if (typeof bytes === "number") return reply.ok(bytes);
    this.#pending.add(request, bytes.ready(), {
      build: (later) => {
        const count = bytes.fill(later.payload.subarray(0, size));
        return count === undefined ? bytes.ready() : later.ok(count);
      },
      cancel: () => bytes.cancel(new FileSystemError("EINTR")),
    });
    return NO_REPLY;
  }

  #readDirectory(request: Request, reply: Reply, plus: boolean): number {
    const directory = request.node;
    const limit = Math.min(request.u32(BODY + 16), PAYLOAD_BYTES);
    let cookie = toCookie(request.u64(BODY + 8));
    let used = 0;
    if (cookie < DOT_DOT_COOKIE) {
      this.#habit.begin();
      const self = this.#node(directory);
      if (self.kind !== "directory") return reply.error(ERRNO.ENOTDIR);
      if (cookie < DOT_COOKIE) {
        used = reply.dotEntry(used, limit, ".", self.id, DOT_COOKIE, plus) ?? used;
      }
      const next = reply.dotEntry(used, limit, "..", self.parent, DOT_DOT_COOKIE, plus);
      if (next === undefined) return reply.ok(used);
      used = next;
      cookie = DOT_DOT_COOKIE;
    }
    const listing: Listing = { directory, limit, plus, used };
    const record = (plus ? ENTRY_SIZE : 0) + DIRENT_SIZE + RECORD_GUESS;
    for (;;) {
      const count = Math.max(4, Math.floor((limit - listing.used) / record));
      const entries = this.#fs.entries(directory, cookie, count);
      if (entries instanceof Promise) return this.#listLater(request, listing, entries, reply);
      const written = this.#list(listing, entries, reply);
      if (written < entries.length || entries.length < count) return reply.ok(listing.used);
      cookie = entries.at(-1)!.cookie;
    }
  }

  #listLater(
    request: Request,
    listing: Listing,
    entries: Promise<readonly Entry[]>,
    reply: Reply,
  ): number {
    if (listing.used > 0) {
      // The kernel asks again for the entries that follow, and is told of an error then.
      entries.catch(() => {});
      return reply.ok(listing.used);
    }
    this.#pending.add(request, entries, {
      build: (later, listed) => {
        this.#list(listing, listed, later);
        return later.ok(listing.used);
      },
    });
    return NO_REPLY;
  }

  /** Adds as many entries as there is room for. Returns their number. */
  #list(listing: Listing, entries: readonly Entry[], reply: Reply): number {
    const { directory, limit, plus } = listing;
    let written = 0;
    for (const entry of entries) {
      const { id, kind } = entry.node;
      const isTrial = !entry.unsized && kind !== "directory" && this.#habit.isNameEnough;
      const isNamedAlone = plus && (entry.unsized || isTrial);
      const next = isNamedAlone
        ? reply.namedEntry(listing.used, limit, entry)
        : reply.directoryEntry(listing.used, limit, entry, plus, !this.#fs.hasOldOpen(id));
      if (next === undefined) break;
      if (isNamedAlone) {
        if (isTrial) this.#habit.namedAlone();
      } else if (plus) {
        this.#references.add(id, kind === "directory");
        this.#lasting(directory, entry.name, entry);
      }
      listing.used = next;
      written++;
    }
    return written;
  }

  #batchForget(request: Request): void {
    const count = request.u32(BODY);
    for (let i = 0, at = BODY + 8; i < count; i++, at += 16) {
      this.#forget(toNodeId(request.u64(at)), request.u64(at + 8));
    }
  }

  #forget(node: NodeId, count: number): void {
    if (!this.#references.forget(node, count)) return;
    this.#options.names.forgotten(node);
    this.#fs.forgotten(node);
  }

  #getXattr(request: Request, reply: Reply): number {
    const name = request.name(BODY + 8, request.nameLength(BODY + 8));
    const value = name === undefined ? undefined : this.#fs.xattr(request.node, name);
    if (value === undefined) return reply.error(ERRNO.ENODATA);
    return sized(reply, value, request.u32(BODY));
  }

  #listXattr(request: Request, reply: Reply): number {
    const names = this.#fs.xattrNames(request.node).map((name) => `${name}\0`).join("");
    return sized(reply, new TextEncoder().encode(names), request.u32(BODY));
  }

  #errno(error: unknown): number {
    const { logger } = this.#options;
    if (!(error instanceof FileSystemError)) {
      logger.error(error instanceof Error ? error.stack ?? error.message : messageOf(error));
    } else if (error.message !== error.errno) {
      logger.debug(`${error.errno}: ${error.message}`);
    }
    return errnoOf(error);
  }
}

/** The flags that say how the kernel treats its pages of a file that it reads through this process. */
function plainFlags(file: OpenFile): number {
  if (file.direct) return FOPEN.DIRECT_IO;
  return file.keepCache ? FOPEN.KEEP_CACHE : 0;
}

/**
 * Answers with an attribute's value: with its length when `size` is 0, with ERANGE when the value is longer than
 * `size`.
 */
function sized(reply: Reply, value: Uint8Array, size: number): number {
  if (size === 0) {
    reply.u32(0, value.length);
    reply.u32(4, 0);
    return reply.ok(8);
  }
  if (value.length > size) return reply.error(ERRNO.ERANGE);
  reply.payload.set(value);
  return reply.ok(value.length);
}
