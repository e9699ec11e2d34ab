import type { NodeId } from "../../base/mod.ts";
import type { KnownName } from "../../vfs/core/kernel_cache.ts";

/** How many names are remembered that the kernel was told do not exist, since it does not tell when it forgets them. */
const MISSING_MAX = 4096;
/**
 * How many names of one node are remembered. A node with more is a file that is moved about, and all but its last
 * name are old.
 */
const NAMES_MAX = 16;

/**
 * Remembers the names that the kernel may have cached. Kernels before Linux 6.16 can't be told that every name may
 * have changed: there each changed name is named. This takes some hundred bytes for each node that the kernel knows,
 * so it is off for newer kernels.
 */
export class KnownNames {
  /** The names of each node, the one told last at the end. */
  readonly #byNode = new Map<NodeId, KnownName[]>();
  readonly #missing = new Map<string, KnownName>();
  readonly #expire: (known: KnownName) => void;
  /** Whether names are remembered. */
  isOn = false;

  /** `expire` makes the kernel ask for a name anew, because it will not be remembered any longer. */
  constructor(expire: (known: KnownName) => void) {
    this.#expire = expire;
  }

  /** To be called when the kernel was told that a name is this node. */
  found(parent: NodeId, name: string, node: NodeId): void {
    if (!this.isOn) return;
    const known = this.#byNode.get(node);
    if (known?.some((it) => it.parent === parent && it.name === name)) return;
    this.#missing.delete(keyOf(parent, name));
    if (known === undefined) {
      this.#byNode.set(node, [{ parent, name, node }]);
      return;
    }
    known.push({ parent, name, node });
    if (known.length > NAMES_MAX) this.#expire(known.shift()!);
  }

  /** To be called when the kernel was told that a name does not exist. */
  missing(parent: NodeId, name: string): void {
    if (!this.isOn) return;
    const key = keyOf(parent, name);
    this.#missing.delete(key);
    this.#missing.set(key, { parent, name, node: undefined });
    if (this.#missing.size <= MISSING_MAX) return;
    for (const [oldest, known] of this.#missing) {
      this.#missing.delete(oldest);
      this.#expire(known);
      break;
    }
  }

  /** To be called when the kernel has forgotten the node, and its names with it. */
  forgotten(node: NodeId): void {
    this.#byNode.delete(node);
  }

  /** All names that are known now; a copy, since names come and go while the caller goes through them. */
  all(): readonly KnownName[] {
    return [...this.#missing.values(), ...[...this.#byNode.values()].flat()];
  }
}

function keyOf(parent: NodeId, name: string): string {
  return `${parent}/${name}`;
}
