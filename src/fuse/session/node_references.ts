import { type NodeId, toNodeId } from "../../base/mod.ts";

/** A bit in the count of a node that is a directory. */
const DIRECTORY = 2 ** 31;

/**
 * Counts for each node how often the kernel looked it up, less what it forgot: the nodes that the kernel may have
 * cached. The counts grow with the kernel's cache, so they are in two flat arrays of 12 bytes a slot: a hash table
 * with open addressing, linear probing, and deletion that moves later entries of a run back, so that there are no
 * tombstones.
 */
export class NodeReferences {
  #keys = new Float64Array(MIN_CAPACITY);
  #counts = new Uint32Array(MIN_CAPACITY);
  #mask = MIN_CAPACITY - 1;
  #size = 0;

  /** The number of nodes that the kernel knows. */
  get size(): number {
    return this.#size;
  }

  has(node: NodeId): boolean {
    return this.#keys[this.#slot(node)] === node;
  }

  count(node: NodeId): number {
    const slot = this.#slot(node);
    return this.#keys[slot] === node ? this.#counts[slot]! % DIRECTORY : 0;
  }

  /** Whether the node was a directory when it was first looked up. */
  isDirectory(node: NodeId): boolean {
    const slot = this.#slot(node);
    return this.#keys[slot] === node && this.#counts[slot]! >= DIRECTORY;
  }

  add(node: NodeId, isDirectory: boolean): void {
    const slot = this.#slot(node);
    if (this.#keys[slot] === node) {
      this.#counts[slot]!++;
      return;
    }
    this.#keys[slot] = node;
    this.#counts[slot] = isDirectory ? DIRECTORY + 1 : 1;
    this.#size++;
    if (this.#size * 4 > (this.#mask + 1) * 3) this.#resize((this.#mask + 1) * 2);
  }

  /**
   * Subtracts `count` look-ups. Returns whether the kernel no longer knows the node. A node that was never looked up
   * is ignored.
   */
  forget(node: NodeId, count: number): boolean {
    const slot = this.#slot(node);
    if (this.#keys[slot] !== node) return false;
    if (this.#counts[slot]! % DIRECTORY > count) {
      this.#counts[slot]! -= count;
      return false;
    }
    this.#remove(slot);
    this.#size--;
    const capacity = this.#mask + 1;
    if (capacity > MIN_CAPACITY && this.#size * 8 < capacity) this.#resize(capacity / 2);
    return true;
  }

  *nodes(): IterableIterator<NodeId> {
    for (const node of this.#keys.slice()) if (node !== 0) yield toNodeId(node);
  }

  /** The slot of the node, or the free slot where it belongs. */
  #slot(node: NodeId): number {
    const keys = this.#keys;
    let slot = hash(node) & this.#mask;
    while (keys[slot] !== node && keys[slot] !== 0) slot = (slot + 1) & this.#mask;
    return slot;
  }

  #remove(slot: number): void {
    const keys = this.#keys;
    const counts = this.#counts;
    const mask = this.#mask;
    let free = slot;
    for (let next = (free + 1) & mask; keys[next] !== 0; next = (next + 1) & mask) {
      const home = hash(toNodeId(keys[next]!)) & mask;
      // An entry may move back no further than its home slot.
      if (((next - home) & mask) < ((next - free) & mask)) continue;
      keys[free] = keys[next]!;
      counts[free] = counts[next]!;
      free = next;
    }
    keys[free] = 0;
    counts[free] = 0;
  }

  #resize(capacity: number): void {
    const keys = this.#keys;
    const counts = this.#counts;
    this.#keys = new Float64Array(capacity);
    this.#counts = new Uint32Array(capacity);
    this.#mask = capacity - 1;
    for (let from = 0; from < keys.length; from++) {
      if (keys[from] === 0) continue;
      const slot = this.#slot(toNodeId(keys[from]!));
      this.#keys[slot] = keys[from]!;
      this.#counts[slot] = counts[from]!;
    }
    // Freed at once: the garbage collector sees two small objects and would be in no hurry.
    keys.buffer.transfer(0);
    counts.buffer.transfer(0);
  }
}

const MIN_CAPACITY = 1024;

/** Files are numbered in sequence, directories by a hash, so both halves of the number enter. */
function hash(node: NodeId): number {
  const high = Math.floor(node / 2 ** 32);
  const mixed = Math.imul((node | 0) ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
