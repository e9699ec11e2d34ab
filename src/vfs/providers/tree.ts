import type {
  Entry,
  FileLocation,
  Node,
  TreeChange,
  TreeReader,
} from "../../../projections/tree/tree_types.ts";
import type { Cookie, NodeId } from "../../base/mod.ts";
import type { Provider } from "./provider.ts";

/** The library by artist, album and title, as the template has it. */
export class TreeProvider implements Provider {
  readonly #tree: () => TreeReader;

  constructor(tree: () => TreeReader) {
    this.#tree = tree;
  }

  node(id: NodeId): Node | undefined {
    return this.#tree().node(id);
  }

  lookup(directory: NodeId, name: string): Entry | undefined {
    return this.#tree().lookup(directory, name);
  }

  entries(directory: NodeId, after: Cookie, limit: number): Entry[] {
    return this.#tree().children(directory, after, limit);
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
