import { ROOT_ID } from "../../../projections/tree/tree_types.ts";
import { libc } from "../../posix/mod.ts";
import type { NodeId } from "../../base/mod.ts";
import type { KernelCache, KnownName } from "../../vfs/core/kernel_cache.ts";
import { NOTIFY, OUT_HEADER, SINCE_MINOR } from "../wire/abi.ts";
import { KnownNames } from "./known_names.ts";
import type { NodeReferences } from "./node_references.ts";

const encoder = new TextEncoder();

interface Message {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly told: () => void;
}

/**
 * Tells the kernel what it must forget. A notification about a directory waits in the kernel until every look-up in
 * that directory is answered, even one that we have not read yet: the serving thread would wait for itself. So
 * messages are written one after the other, by calls that run on another thread. Whether the kernel knew the node
 * does not matter, and could not be learned there.
 *
 * Dropping the pages of a file waits for every READ of them, and not even SIGKILL ends that wait: the process would
 * stay, and the mount with it, for as long as a READ waits for an origin. So `ChangeFeed` asks for it only when every
 * READ of the file is answered at once.
 */
export class KernelNotifier implements KernelCache {
  readonly #fd: number;
  readonly #references: NodeReferences;
  readonly #queue: Message[] = [];
  #writing = false;
  #minor = 0;
  /** The names that the kernel was told, for kernels that can't be told to ask for all names again. */
  readonly remembered = new KnownNames(({ parent, name }) => this.entryChanged(parent, name));
  /** The number of messages written. */
  written = 0;

  constructor(fd: number, references: NodeReferences) {
    this.#fd = fd;
    this.#references = references;
  }

  /** To be called once the protocol is agreed on. */
  negotiated(minor: number): void {
    this.#minor = minor;
    this.remembered.isOn = minor < SINCE_MINOR.incEpoch;
  }

  /** Whether messages are under way; the next one is written in a later turn of the event loop. */
  get busy(): boolean {
    return this.#writing;
  }

  knows(node: NodeId): boolean {
    return node === ROOT_ID || this.#references.has(node);
  }

  *known(): Iterable<NodeId> {
    yield ROOT_ID;
    yield* this.#references.nodes();
  }

  isDirectory(node: NodeId): boolean {
    return node === ROOT_ID || this.#references.isDirectory(node);
  }

  entryChanged(parent: NodeId, name: string): Promise<void> {
    const text = encoder.encode(name);
    const { bytes, view } = message(NOTIFY.INVAL_ENTRY, 16 + text.length + 1);
    setU64(view, OUT_HEADER, parent);
    view.setUint32(OUT_HEADER + 8, text.length, true);
    bytes.set(text, OUT_HEADER + 16);
    return this.#send(bytes);
  }

  entryRemoved(parent: NodeId, name: string, node: NodeId): Promise<void> {
    const text = encoder.encode(name);
    const { bytes, view } = message(NOTIFY.DELETE, 24 + text.length + 1);
    setU64(view, OUT_HEADER, parent);
    setU64(view, OUT_HEADER + 8, node);
    view.setUint32(OUT_HEADER + 16, text.length, true);
    bytes.set(text, OUT_HEADER + 24);
    return this.#send(bytes);
  }

  nodeChanged(node: NodeId, content: boolean): Promise<void> {
    const { bytes, view } = message(NOTIFY.INVAL_INODE, 24);
    setU64(view, OUT_HEADER, node);
    // Offset -1 drops the attributes alone; offset 0 with length 0 drops all pages as well.
    view.setBigInt64(OUT_HEADER + 8, content ? 0n : -1n, true);
    return this.#send(bytes);
  }

  /**
   * Asks the kernel to look for an impossible name, for which it locks the directory: a read of the directory under
   * way has ended by then.
   */
  lookupsTaken(directory: NodeId): Promise<void> {
    return this.entryChanged(directory, ".");
  }

  names(): Iterable<KnownName> {
    return this.remembered.all();
  }

  async allEntriesChanged(): Promise<boolean> {
    if (this.#minor < SINCE_MINOR.incEpoch) return false;
    await this.#send(message(NOTIFY.INC_EPOCH, 0).bytes);
    return true;
  }

  async giveUp(nodes: readonly NodeId[]): Promise<void> {
    if (this.#minor < SINCE_MINOR.prune) return;
    const { bytes, view } = message(NOTIFY.PRUNE, 16 + 8 * nodes.length);
    view.setUint32(OUT_HEADER, nodes.length, true);
    for (const [i, node] of nodes.entries()) setU64(view, OUT_HEADER + 16 + 8 * i, node);
    await this.#send(bytes);
  }

  #send(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return new Promise((told) => {
      this.#queue.push({ bytes, told });
      if (!this.#writing) this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    for (let at = 0; at < this.#queue.length; at++) {
      const { bytes, told } = this.#queue[at]!;
      await libc.writeLater(this.#fd, bytes, bytes.length);
      this.written++;
      told();
    }
    this.#queue.length = 0;
    this.#writing = false;
  }
}

function message(code: number, payload: number) {
  const bytes = new Uint8Array(OUT_HEADER + payload);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setInt32(4, code, true);
  return { bytes, view };
}

function setU64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value % 2 ** 32, true);
  view.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
}
