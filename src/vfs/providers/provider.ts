import type {
  Entry,
  FileLocation,
  Node,
  TreeChange,
} from "../../../projections/tree/tree_types.ts";
import type { Cookie, NodeId } from "../../base/mod.ts";
import type { Answer } from "../filesystem.ts";
import type { NodeRecipe } from "../read/recipe_files.ts";

/** Where to read what the kernel must be made to forget, as in DirectoryReader. */
export interface ChangeSource {
  lastChange(): number;
  changesSince(change: number, limit: number): TreeChange[] | undefined;
}

/**
 * Answers for directories of one kind. It owns the directories that it names, and they name nodes that other providers may
 * name as well. What takes time it answers later: nobody else waits for that.
 */
export interface Provider extends ChangeSource {
  /** Answered at once: whoever asks has the number from an entry, or from a file handle of an exported mount. */
  node(id: NodeId): Node | undefined;
  lookup(directory: NodeId, name: string): Answer<Entry | undefined>;
  /** Entries with a cookie above `after`, ascending; fewer than `limit` are the last. Cookies begin at 3. */
  entries(directory: NodeId, after: Cookie, limit: number): Answer<readonly Entry[]>;
  /** Where the bytes of a node lie; undefined for a directory, and for what it does not know. */
  location(id: NodeId): FileLocation | undefined;
  /** What a node is read by that is no file as it lies on an origin; undefined for any other, and for what it does not know. */
  recipe?(id: NodeId): NodeRecipe | undefined;
  /** The kernel knows a directory of its no longer: what was kept for that can go. */
  forgotten?(directory: NodeId): void;
}
