import type { NodeId } from "../../src/base/mod.ts";
import type { KernelCache } from "../../src/vfs/mod.ts";

/** A kernel that knows every node and no name, and forgets at once whatever it is told to forget. */
export class SilentKernel implements KernelCache {
  /** Whether the kernel can be told that every name may have changed. */
  hasEpochs = true;
  /** Nodes of whose changes it was told. */
  readonly changed: number[] = [];
  /** The nodes among them whose bytes it had to forget. */
  readonly dropped: number[] = [];
  /** Nodes about which it may have something cached when everything may have changed. */
  readonly kept: NodeId[] = [];

  knows() {
    return true;
  }

  known() {
    return this.kept;
  }

  isDirectory() {
    return false;
  }

  entryChanged() {
    return Promise.resolve();
  }

  entryRemoved() {
    return Promise.resolve();
  }

  nodeChanged(node: NodeId, content: boolean) {
    this.changed.push(node);
    if (content) this.dropped.push(node);
    return Promise.resolve();
  }

  lookupsTaken() {
    return Promise.resolve();
  }

  names() {
    return [];
  }

  giveUp() {
    return Promise.resolve();
  }

  allEntriesChanged() {
    return Promise.resolve(this.hasEpochs);
  }
}
