import type {
  DirectoryReader,
  Entry,
  FileLocation,
  Node,
  TreeChange,
} from "../../../projections/tree/tree_types.ts";
import type { Cookie, NodeId } from "../../base/mod.ts";
import type { Provider } from "./provider.ts";

/** Directories of which the library says at once what they hold. */
export class ReadDirectories implements Provider {
  readonly #reader: () => DirectoryReader;

  constructor(reader: () => DirectoryReader) {
    this.#reader = reader;
  }

  node(id: NodeId): Node | undefined {
    return this.#reader().node(id);
  }

  lookup(directory: NodeId, name: string): Entry | undefined {
    return this.#reader().lookup(directory, name);
  }

  entries(directory: NodeId, after: Cookie, limit: number): Entry[] {
    return this.#reader().children(directory, after, limit);
  }

  location(id: NodeId): FileLocation | undefined {
    return this.#reader().location(id);
  }

  lastChange(): number {
    return this.#reader().lastChange();
  }

  changesSince(change: number, limit: number): TreeChange[] | undefined {
    return this.#reader().changesSince(change, limit);
  }
}
