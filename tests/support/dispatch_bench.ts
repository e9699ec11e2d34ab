import assert from "node:assert/strict";
import { type Entry, type Node, ROOT_ID } from "../../projections/tree/tree_types.ts";
import {
  createLogger,
  type NodeId,
  toCookie,
  toNodeId,
  toNodeVersion,
} from "../../src/base/mod.ts";
import type { Answer, FileSystem, OpenFile, PendingRead } from "../../src/vfs/filesystem.ts";
import { BackingFiles } from "../../src/fuse/session/backing.ts";
import { Dispatcher } from "../../src/fuse/session/dispatch.ts";
import { KnownNames } from "../../src/fuse/session/known_names.ts";
import { NodeReferences } from "../../src/fuse/session/node_references.ts";
import { Request } from "../../src/fuse/wire/request.ts";

export const ALBUM = toNodeId(5000);
export const FIRST = 6000;

/** The number of the album's nth track. */
export function track(n: number): NodeId {
  return toNodeId(FIRST + n);
}

/** A file system with one directory of `count` files below the root. The test says how opens and reads are answered. */
export class FakeFileSystem implements FileSystem {
  opening: OpenFile | Promise<OpenFile> = { ...OPENED };
  reading: number | PendingRead = 0;
  readonly released: number[] = [];
  readonly #count: number;
  /** Seconds for which a name, and that there is no such name, may be kept. */
  readonly #ttl: number;

  constructor(count = 0, ttl = Infinity) {
    this.#count = count;
    this.#ttl = ttl;
  }

  /** When set, look-ups and listings are answered once it resolves. */
  later: Promise<void> | undefined;
  readonly forgottenNodes: number[] = [];

  lookup(parent: number, name: string): Answer<Entry | undefined> {
    const found = this.#found(parent, name);
    return this.later === undefined ? found : this.later.then(() => found);
  }
  #found(parent: number, name: string): Entry | undefined {
    if (parent === ROOT_ID && name === "album") {
      return entry(name, this.attributes(ALBUM)!, this.#ttl);
    }
    const index = /^track (\d+)$/.exec(name)?.[1];
    const node = parent === ALBUM && index !== undefined
      ? this.attributes(track(Number(index)))
      : undefined;
    return node && entry(name, node, this.#ttl);
  }
  attributes(id: NodeId): Node | undefined {
    if (id === ROOT_ID) return node(ROOT_ID, ROOT_ID, "directory");
    if (id === ALBUM) return node(ALBUM, ROOT_ID, "directory");
    if (id < FIRST || id >= FIRST + this.#count) return undefined;
    return node(id, ALBUM, "track");
  }
  forgotten(id: number) {
    this.forgottenNodes.push(id);
  }
  hasOldOpen() {
    return false;
  }
  missingTtl() {
    return this.#ttl;
  }
  entries(directory: number, after: number, limit: number): Answer<Entry[]> {
    const found: Entry[] = [];
    if (directory !== ALBUM) return found;
    for (let id = Math.max(FIRST, after - COOKIES + 1); found.length < limit; id++) {
      const node = this.attributes(toNodeId(id));
      if (!node) break;
      found.push(entry(`track ${id - FIRST}`, node, this.#ttl));
    }
    return this.later === undefined ? found : this.later.then(() => found);
  }
  open() {
    return this.opening;
  }
  opened(_handle: number) {}
  describing: number | Promise<number> = -1;
  descriptor() {
    return this.describing;
  }
  passedThrough() {}
  read(_handle: number, _offset: number, into: Uint8Array) {
    into.fill(0x5a);
    return this.reading;
  }
  release(handle: number) {
    this.released.push(handle);
  }
  xattrNames() {
    return ["user.musicfs.origin"];
  }
  xattr(_id: number, name: string) {
    return name === "user.musicfs.origin" ? new TextEncoder().encode("local") : undefined;
  }
  totals() {
    return { bytes: 10_000, files: 3 };
  }
}

/** A read that becomes ready as often and as late as the test says, and is filled the last time. */
export class FakeRead implements PendingRead {
  readonly #times: Promise<void>[];
  cancelled: unknown;

  constructor(...times: Promise<void>[]) {
    this.#times = times;
  }

  ready() {
    return this.#times.shift()!;
  }
  fill(into: Uint8Array) {
    into.fill(0xa5, 0, 10);
    return this.#times.length > 0 ? undefined : 10;
  }
  cancel(error: unknown) {
    this.cancelled = error;
  }
}

export const OPENED: OpenFile = { handle: 9, keepCache: true, direct: false, passable: false };

function node(id: NodeId, parent: NodeId, kind: Node["kind"]): Node {
  return { id, kind, parent, size: 1, mtime_s: 1, mtime_ns: 0, version: toNodeVersion(1) };
}

/** The difference between an entry's cookie and the number of its node: a cookie is not a node's number. */
const COOKIES = 1_000_000;

function entry(name: string, node: Node, ttl: number): Entry {
  return { cookie: toCookie(node.id + COOKIES), name, node, ttl };
}

/** A dispatcher with requests made by hand, whose answers are kept. */
export class DispatchBench {
  readonly sent: Uint8Array[] = [];
  readonly references = new NodeReferences();
  readonly names = new KnownNames(() => {});
  readonly backing = new BackingFiles(-1);
  readonly dispatcher: Dispatcher;
  readonly #request = new Request();
  #unique = 2;
  /** Whether the kernel takes answers. */
  taken = true;

  constructor(fileSystem: FileSystem) {
    this.dispatcher = new Dispatcher({
      fileSystem,
      references: this.references,
      backing: this.backing,
      defaults: {
        uid: 1,
        gid: 1,
        shown: {},
        entrySeconds: 1,
        negativeSeconds: 1,
        attributeSeconds: 1,
      },
      passthrough: false,
      names: this.names,
      logger: createLogger("test", "error"),
      negotiated: () => {},
      send: (bytes, length) => {
        this.sent.push(bytes.slice(0, length));
        return this.taken;
      },
    });
  }

  /** Sends a request with a body. Returns its identity. */
  post(opcode: number, nodeId: number, body: Uint8Array = new Uint8Array(64)): number {
    const { bytes } = this.#request;
    const view = new DataView(bytes.buffer);
    const unique = this.#unique += 2;
    view.setUint32(0, 40 + body.length, true);
    view.setUint32(4, opcode, true);
    view.setBigUint64(8, BigInt(unique), true);
    view.setBigUint64(16, BigInt(nodeId), true);
    bytes.set(body, 40);
    this.dispatcher.handle(this.#request);
    return unique;
  }

  /** Sends a request that must be answered at once. Returns the answer. */
  call(opcode: number, nodeId: number, body?: Uint8Array): { errno: number; payload: DataView } {
    const before = this.sent.length;
    this.post(opcode, nodeId, body);
    assert.equal(this.sent.length, before + 1, `opcode ${opcode} is answered once`);
    return answer(this.sent.at(-1)!);
  }
}

export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

export function answer(bytes: Uint8Array): { errno: number; unique: number; payload: DataView } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  assert.equal(view.getUint32(0, true), bytes.length);
  return {
    errno: Math.abs(view.getInt32(4, true)),
    unique: Number(view.getBigUint64(8, true)),
    payload: new DataView(bytes.buffer, bytes.byteOffset + 16, bytes.length - 16),
  };
}

export function nameBody(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

export function readBody(offset: number, size: number): Uint8Array {
  const body = new Uint8Array(40);
  const view = new DataView(body.buffer);
  view.setBigUint64(8, BigInt(offset), true);
  view.setUint32(16, size, true);
  return body;
}
