import type { DirectoryReader } from "../../../projections/tree/tree_types.ts";
import { ORIGINS_ID } from "../../base/mod.ts";
import type { Branch } from "../core/router.ts";
import { ReadDirectories } from "./_read_directories.ts";

/** Each origin with all its files, as they lie there: `/.origins/ID/...`. */
export function originsBranch(origins: () => DirectoryReader): Branch {
  return { name: ".origins", root: ORIGINS_ID, provider: new ReadDirectories(origins) };
}
