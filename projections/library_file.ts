import { FIRST_DIRECTORY_ID } from "../src/base/mod.ts";
import { DIRECTORY, TRACK } from "./tree/node_kinds.ts";
import { type DatabaseKind, openCurrent, type OpenDatabase } from "./core/database.ts";
import { ROOT_ID } from "./tree/tree_types.ts";

/** The layout of the tables of a library. */
export const SCHEMA = 14;
/**
 * The oldest layout whose files a reader can use: such a file serves until one of this layout is built.
 * {@link openLibraryFile} fills in what an old layout lacks; where it can't, this number must be raised.
 */
const READABLE_FROM = 11;
/** Files of an older layout have no tables of the origins' own directories. */
export const ORIGIN_TREE_FROM = 13;

/** Files of an older layout say themselves which parts of files are stored. */
export const STORED_PARTS_UNTIL = 14;

/** How the files of a library are named and which layouts can be read. */
export const LIBRARY_FILE: DatabaseKind = {
  ...{ name: "library", schema: SCHEMA, readableFrom: READABLE_FROM },
};

/** Opens the serving file to read it; undefined when there is none that this program can read. */
export function openLibraryFile(directory: string): OpenDatabase | undefined {
  const current = openCurrent(directory, LIBRARY_FILE);
  // Before layout 12 the number of a node implied its kind: a view of this connection provides the column.
  if (current !== undefined && current.schema < 12) {
    current.db.exec(
      `CREATE TEMP VIEW nodes AS SELECT *,
        iif(id = ${ROOT_ID} OR id >= ${FIRST_DIRECTORY_ID}, ${DIRECTORY}, ${TRACK}) AS kind FROM main.nodes`,
    );
  }
  return current;
}
