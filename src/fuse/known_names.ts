import type { KnownName } from "../vfs/kernel_cache.ts";

/** Names that do not exist and of which the kernel was told so; nobody says when it has forgotten one. */
const MISSING_MAX = 4096;

/**
 * The names that the kernel may keep, for kernels that can't be told that every name may have changed (before Linux
 * 6.16): then those are named that did. It takes some hundred bytes for each node that the kernel knows, so elsewhere it is off.
 */
export class KnownNames {
  readonly #byNode = new Map<number, KnownName>();
  readonly #missing = new Map<string, KnownName>();
  readonly #expire: (known: KnownName) => void;
  /** Whether names are remembered. */
  isOn = false;

  /** `expire`: has the kernel ask for a name anew, since it will not be remembered any more. */
  constructor(expire: (known: KnownName) => void) {
    this.#expire = expire;
  }

  /** The kernel was told that a name is that node. */
  found(parent: number, name: string, node: number): void {
    if (!this.isOn) return;
    const known = this.#byNode.get(node);
    if (known !== undefined && known.parent === parent && known.name === name) return;
    // The node was known by another name; it has one at a time.
    if (known !== undefined) this.#expire(known);
    this.#byNode.set(node, { parent, name, node });
    this.#missing.delete(keyOf(parent, name));
  }

  /** The kernel was told that there is no such name. */
  missing(parent: number, name: string): void {
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

  /** The kernel has forgotten the node, and its name with it. */
  forgotten(node: number): void {
    this.#byNode.delete(node);
  }

  /** Every name as it is known now, whatever comes and goes while they are gone through. */
  all(): readonly KnownName[] {
    return [...this.#missing.values(), ...this.#byNode.values()];
  }
}

function keyOf(parent: number, name: string): string {
  return `${parent}/${name}`;
}
