import { files } from "./files.ts";
import { libraryTree } from "./library_tree.ts";
import { origins } from "./origins.ts";
import { status } from "./status.ts";

/** Every projection, in the order in which an event goes through them: `files` hands on what it finds out. */
export const PROJECTIONS = [files, libraryTree, origins, status] as const;
