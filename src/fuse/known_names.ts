import type { NodeId } from "../base/mod.ts";
import type { KnownName } from "../vfs/core/kernel_cache.ts";

/** Names that do not exist and of which the kernel was told so; nobody says when it has forgotten one. */
const MISSING_MAX = 4096;
/** Names of one node: more are those of a file that is moved about, and all but the last are old. */
const NAMES_MAX = 16;

/**
 * The names that the kernel may keep, for kernels that can't be told that every name may have changed (before Linux
 * 6.16): then those are named that did. It takes some hundred bytes for each node that the kernel knows, so elsewhere it is off.
 */
export class KnownNames {
  /** By node, the name that was told last at the end. */
  readonly #byNode = new Map<NodeId, KnownName[]>();
  readonly #missing = new Map<string, KnownName>();
  readonly #expire: (known: KnownName) => void;
  /** Whether names are remembered. */
  isOn = false;

  /** `expire`: has the kernel ask for a name anew, since it will not be remembered any more. */
  constructor(expire: (known: KnownName) => void) {
    this.#expire = expire;
  }

  /** The kernel was told that a name is that node. */
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

  /** The kernel was told that there is no such name. */
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

  /** The kernel has forgotten the node, and its names with it. */
  forgotten(node: NodeId): void {
    this.#byNode.delete(node);
  }

  /** Every name as it is known now, whatever comes and goes while they are gone through. */
  all(): readonly KnownName[] {
    return [...this.#missing.values(), ...[...this.#byNode.values()].flat()];
  }
}

function keyOf(parent: NodeId, name: string): string {
  return `${parent}/${name}`;
}
