import type {
  Entry,
  FileLocation,
  Node,
  TreeChange,
  TreeReader,
} from "../../../projections/tree/tree_types.ts";
import type { Cookie, NodeId } from "../../base/mod.ts";
import type { SeenFiles } from "../core/seen_files.ts";
import type { Provider } from "./provider.ts";

/** The library by artist, album and title, as the template has it. */
export class TreeProvider implements Provider {
  readonly #tree: () => TreeReader;
  readonly #seen: SeenFiles;

  constructor(tree: () => TreeReader, seen: SeenFiles) {
    this.#tree = tree;
    this.#seen = seen;
  }

  node(id: NodeId): Node | undefined {
    return this.#tree().node(id);
  }

  lookup(directory: NodeId, name: string): Entry | undefined {
    const tree = this.#tree();
    const entry = tree.lookup(directory, name);
    if (entry !== undefined) this.#seen.add(entry.node, tree.lastChange());
    return entry;
  }

  entries(directory: NodeId, after: Cookie, limit: number): Entry[] {
    const tree = this.#tree();
    const entries = tree.children(directory, after, limit);
    const change = tree.lastChange();
    for (const { node } of entries) this.#seen.add(node, change);
    return entries;
  }

  location(id: NodeId): FileLocation | undefined {
    return this.#tree().location(id);
  }

  lastChange(): number {
    return this.#tree().lastChange();
  }

  changesSince(change: number, limit: number): TreeChange[] | undefined {
    return this.#tree().changesSince(change, limit);
  }
}
