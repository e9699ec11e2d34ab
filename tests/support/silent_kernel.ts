import type { NodeId } from "../../src/base/mod.ts";
import type { KernelCache } from "../../src/vfs/mod.ts";

/** A kernel that knows every node, no name, and forgets at once what it is told to forget. */
export class SilentKernel implements KernelCache {
  /** It has a word for "every name may have changed". */
  hasEpochs = true;
  /** Nodes that it was told of. */
  readonly changed: number[] = [];
  /** Of those, the ones whose bytes it was to forget. */
  readonly dropped: number[] = [];
  /** Nodes that it may have something of when everything may have changed. */
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

  allEntriesChanged() {
    return Promise.resolve(this.hasEpochs);
  }
}
