import type {
  DirectoryReader,
  Entry,
  FileLocation,
  Node,
  TreeChange,
} from "../../../projections/tree/tree_types.ts";
import { type Cookie, type NodeId, ORIGINS_ID } from "../../base/mod.ts";
import type { Branch } from "../core/router.ts";
import type { Provider } from "./provider.ts";

/** Each origin with all its files, as they lie there: `/.origins/ID/...`. */
export class OriginsProvider implements Provider {
  readonly #origins: () => DirectoryReader;

  constructor(origins: () => DirectoryReader) {
    this.#origins = origins;
  }

  node(id: NodeId): Node | undefined {
    return this.#origins().node(id);
  }

  lookup(directory: NodeId, name: string): Entry | undefined {
    return this.#origins().lookup(directory, name);
  }

  entries(directory: NodeId, after: Cookie, limit: number): Entry[] {
    return this.#origins().children(directory, after, limit);
  }

  location(id: NodeId): FileLocation | undefined {
    return this.#origins().location(id);
  }

  lastChange(): number {
    return this.#origins().lastChange();
  }

  changesSince(change: number, limit: number): TreeChange[] | undefined {
    return this.#origins().changesSince(change, limit);
  }
}

/** The branch of the root in which the origins stand. */
export function originsBranch(origins: () => DirectoryReader): Branch {
  return { name: ".origins", root: ORIGINS_ID, provider: new OriginsProvider(origins) };
}
