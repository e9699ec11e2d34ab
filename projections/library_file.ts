import { FIRST_DIRECTORY_ID } from "../src/base/mod.ts";
import { DIRECTORY, TRACK } from "./tree/node_kinds.ts";
import { type DatabaseKind, openCurrent, type OpenDatabase } from "./core/database.ts";
import { ROOT_ID } from "./tree/tree_types.ts";

/** Layout of the tables of a library. */
export const SCHEMA = 14;
/**
 * The oldest layout whose files the reader can use: such a file serves until one of this layout is built. What it lacks is
 * told by {@link openLibraryFile}, or this moves up to the layout that has it.
 */
const READABLE_FROM = 11;
/** Files of an older layout say nothing of the origins as they lie there. */
export const ORIGIN_TREE_FROM = 13;

/** In files of an older layout stands which parts of files are stored. */
export const STORED_PARTS_UNTIL = 14;

/** What tells the files of a library from others. */
export const LIBRARY_FILE: DatabaseKind = {
  ...{ name: "library", schema: SCHEMA, readableFrom: READABLE_FROM },
};

/** Opens the file that serves, to read it; undefined when there is none that this program can read. */
export function openLibraryFile(directory: string): OpenDatabase | undefined {
  const current = openCurrent(directory, LIBRARY_FILE);
  // Before layout 12 a node told its kind by its number: a view of this connection says it as a column.
  if (current !== undefined && current.schema < 12) {
    current.db.exec(
      `CREATE TEMP VIEW nodes AS SELECT *,
        iif(id = ${ROOT_ID} OR id >= ${FIRST_DIRECTORY_ID}, ${DIRECTORY}, ${TRACK}) AS kind FROM main.nodes`,
    );
  }
  return current;
}
