import type { DirectoryReader } from "../../../projections/tree/tree_types.ts";
import { VIEWS_ID } from "../../base/mod.ts";
import type { Branch } from "../core/router.ts";
import { ReadDirectories } from "./_read_directories.ts";

/** The user's own views: `/.views/NAME/...`. Without views there is no such directory. */
export function viewsBranch(views: () => DirectoryReader): Branch {
  return { name: ".views", root: VIEWS_ID, provider: new ReadDirectories(views) };
}
