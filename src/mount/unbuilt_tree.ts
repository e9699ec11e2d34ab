import {
  type DirectoryReader,
  NO_COVERS,
  type Node,
  ROOT_ID,
  type TreeReader,
} from "../../projections/tree/tree_types.ts";
import { FileSystemError, LOG_START, type NodeId, nodeSince, ORIGINS_ID } from "../base/mod.ts";

const ROOT: Node = {
  id: ROOT_ID,
  kind: "directory",
  parent: ROOT_ID,
  size: 0,
  mtime_s: 0,
  mtime_ns: 0,
  version: nodeSince(LOG_START),
};

/**
 * The tree before the library was built from the log: a root whose contents are unknown. It answers EIO and not an
 * empty directory, since a media server would forget every track of an empty one.
 */
export class UnbuiltTree implements TreeReader {
  readonly origins: DirectoryReader = {
    node: (id) => id === ORIGINS_ID ? { ...ROOT, id } : unknown(),
    lookup: unknown,
    children: unknown,
    location: unknown,
    lastChange: () => 0,
    changesSince: () => undefined,
  };

  readonly views: DirectoryReader = { ...this.origins, node: unknown };

  readonly covers = NO_COVERS;

  node(id: NodeId): Node | undefined {
    return id === ROOT_ID ? ROOT : unknown();
  }

  lookup(): undefined {
    return unknown();
  }

  children(): never {
    return unknown();
  }

  location(): undefined {
    return unknown();
  }

  duration(): undefined {
    return undefined;
  }

  mountPoints(): [] {
    return [];
  }

  collections(): never {
    return unknown();
  }

  storedParts(): never {
    return unknown();
  }

  lastChange(): number {
    return 0;
  }

  changesSince(): undefined {
    return undefined;
  }

  totals(): ReturnType<TreeReader["totals"]> {
    return { tracks: 0, albums: 0, artists: 0, bytes: 0, unreadable: 0 };
  }
}

function unknown(): never {
  throw new FileSystemError("EIO", "the library is being built from the log");
}
