import type { NodeId } from "../../base/mod.ts";
import { ERRNO, errno, libc } from "../../posix/mod.ts";
import { DEV_IOC_BACKING_CLOSE, DEV_IOC_BACKING_OPEN } from "../wire/abi.ts";

/** How a node is open now: passed through to a backing file or, with `backing` 0, read from this process. */
interface OpenNode {
  readonly backing: number;
  opens: number;
}

/**
 * Files that the kernel reads by itself. All opens of one node must go the same way while any of them lasts, or the
 * kernel answers EIO: so the first open decides, and the last release forgets.
 */
export class BackingFiles {
  readonly #fd: number;
  readonly #nodes = new Map<NodeId, OpenNode>();
  readonly #map = new Int32Array(4);
  readonly #id = new Uint32Array(1);
  /** Set once the kernel has agreed; cleared when it turns out not to permit it to this process. */
  enabled = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Whether the node is passed through now. */
  passes(node: NodeId): boolean {
    return (this.#nodes.get(node)?.backing ?? 0) > 0;
  }

  /** Counts an open of the node. Returns the id of its backing file, or 0 when the node is read from this process. */
  open(node: NodeId, descriptor: number | undefined): number {
    const known = this.#nodes.get(node);
    if (known) {
      known.opens++;
      return known.backing;
    }
    const backing = descriptor === undefined ? 0 : this.#register(descriptor);
    this.#nodes.set(node, { backing, opens: 1 });
    return backing;
  }

  release(node: NodeId): void {
    const known = this.#nodes.get(node);
    if (!known || --known.opens > 0) return;
    this.#nodes.delete(node);
    if (known.backing > 0) {
      this.#id[0] = known.backing;
      libc.ioctl(this.#fd, DEV_IOC_BACKING_CLOSE, new Uint8Array(this.#id.buffer));
    }
  }

  #register(descriptor: number): number {
    this.#map[0] = descriptor;
    const id = libc.ioctl(this.#fd, DEV_IOC_BACKING_OPEN, new Uint8Array(this.#map.buffer));
    if (id > 0) return id;
    // The kernel refuses this process and not the file, so later attempts would fail too.
    if (errno() === ERRNO.EPERM) this.enabled = false;
    return 0;
  }
}
