import type { KernelCache } from "../../src/vfs/mod.ts";

/** A kernel that knows every node, no name, and forgets at once what it is told to forget. */
export class SilentKernel implements KernelCache {
  /** Nodes that it was told of. */
  readonly changed: number[] = [];

  knows() {
    return true;
  }

  known() {
    return [];
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

  nodeChanged(node: number) {
    this.changed.push(node);
    return Promise.resolve();
  }

  lookupsTaken() {
    return Promise.resolve();
  }

  names() {
    return [];
  }

  allEntriesChanged() {
    return Promise.resolve(true);
  }
}
