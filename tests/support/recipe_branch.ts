import type { Entry, FileLocation, Node, TreeChange } from "../../projections/tree/tree_types.ts";
import {
  type Cookie,
  LISTING_START,
  type NodeId,
  ROOT_ID,
  toCookie,
  toNodeId,
  toNodeVersion,
} from "../../src/base/mod.ts";
import type { Recipe } from "../../src/segments/mod.ts";
import type { Branch, NodeRecipe, Provider } from "../../src/vfs/mod.ts";
import type { Answer } from "../../src/vfs/filesystem.ts";

const ROOT = toNodeId(3);

/** A directory `.made` of the root, with one file `file` that a recipe describes. */
export class RecipeBranch implements Provider {
  static readonly FILE = toNodeId(4);
  readonly branch: Branch = { name: ".made", root: ROOT, provider: this };
  /** The recipe; without one there is no file. */
  made: NodeRecipe | undefined;

  /** How long its entry may be kept, seconds. */
  ttl = Infinity;
  /** Names and listings are answered when it resolves. */
  gate: Promise<void> | undefined;
  /** How often a name was looked up. */
  lookups = 0;
  readonly #changes: TreeChange[] = [];

  make(version: number, recipe: Recipe<FileLocation>): void {
    const kind = this.made === undefined ? "added" : "content";
    this.made = { version: toNodeVersion(version), recipe };
    const change = this.#changes.length + 1;
    const node = RecipeBranch.FILE;
    this.#changes.push({ change, kind, parent: ROOT, name: "file", node, directory: false });
  }

  recipe(id: NodeId): NodeRecipe | undefined {
    return id === RecipeBranch.FILE ? this.made : undefined;
  }

  node(id: NodeId): Node | undefined {
    const times = { mtime_s: 1, mtime_ns: 0 };
    if (id === ROOT) {
      const version = toNodeVersion(0);
      return { id, kind: "directory", parent: ROOT_ID, size: 0, ...times, version };
    }
    if (id !== RecipeBranch.FILE || this.made === undefined) return undefined;
    const { version, recipe: { size } } = this.made;
    return { id, kind: "file", parent: ROOT, size, ...times, version };
  }

  lookup(directory: NodeId, name: string): Answer<Entry | undefined> {
    this.lookups++;
    return this.#answer(() =>
      name === "file" ? this.#entries(directory, LISTING_START)[0] : undefined
    );
  }

  entries(directory: NodeId, after: Cookie): Answer<Entry[]> {
    return this.#answer(() => this.#entries(directory, after));
  }

  #answer<T>(found: () => T): Answer<T> {
    return this.gate === undefined ? found() : this.gate.then(found);
  }

  #entries(directory: NodeId, after: Cookie): Entry[] {
    const node = this.node(RecipeBranch.FILE);
    if (directory !== ROOT || node === undefined || after >= 3) return [];
    return [{ cookie: toCookie(3), name: "file", node, ttl: this.ttl }];
  }

  location(): undefined {
    return undefined;
  }

  lastChange(): number {
    return this.#changes.length;
  }

  changesSince(change: number, limit: number): TreeChange[] {
    return this.#changes.slice(change, change + limit);
  }
}
