import type {
  Entry,
  FileLocation,
  Node,
  TreeChange,
} from "../../../projections/tree/tree_types.ts";
import type { Cookie, NodeId } from "../../base/mod.ts";
import type { Answer } from "../filesystem.ts";
import type { NodeRecipe } from "../read/recipe_files.ts";

/** A source of changes of which the kernel must be told, as in DirectoryReader. */
export interface ChangeSource {
  lastChange(): number;
  changesSince(change: number, limit: number): TreeChange[] | undefined;
}

/**
 * Answers for directories of one kind. A provider owns the directories that it names; the nodes that they name may be
 * named by other providers too. A slow answer is a promise, for which nobody else waits.
 */
export interface Provider extends ChangeSource {
  /**
   * The node with this number, at once: the caller has the number from an entry, or from a file handle of an exported
   * mount.
   */
  node(id: NodeId): Node | undefined;
  lookup(directory: NodeId, name: string): Answer<Entry | undefined>;
  /**
   * Entries with a cookie above `after`, ascending; fewer than `limit` means that they are the last. Cookies begin at
   * 3.
   */
  entries(directory: NodeId, after: Cookie, limit: number): Answer<readonly Entry[]>;
  /**
   * For how long it may be kept that a directory does not have a name, in seconds; as long as nothing is reported of the
   * name when absent.
   */
  missingTtl?(directory: NodeId): number;
  /** Where the bytes of a node lie; undefined for directories and for nodes of others. */
  location(id: NodeId): FileLocation | undefined;
  /** The recipe of a node that is no file as it lies on an origin; undefined for other nodes. */
  recipe?(id: NodeId): NodeRecipe | undefined;
  /** To be called when the library was committed to, or another file of it serves. */
  libraryChanged?(): void;
  /** To be called when the kernel no longer knows one of its directories, so that what was kept for it can go. */
  forgotten?(directory: NodeId): void;
}
