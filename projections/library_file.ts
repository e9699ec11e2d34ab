import type { DatabaseSync } from "node:sqlite";
import { FIRST_DIRECTORY_ID } from "../src/base/mod.ts";
import { DIRECTORY, TRACK } from "./tree/node_kinds.ts";
import { type DatabaseKind, openCurrent, type OpenDatabase } from "./core/database.ts";
import { ROOT_ID } from "./tree/tree_types.ts";

/** The layout of the tables of a library. */
export const SCHEMA = 15;
/**
 * The oldest layout whose files a reader can use: such a file serves until one of this layout is built.
 * {@link openLibraryFile} fills in what an old layout lacks; where it can't, this number must be raised.
 */
const READABLE_FROM = 11;
/** Files of an older layout have no tables of the origins' own directories. */
export const ORIGIN_TREE_FROM = 13;

/** In files of an older layout the versions of contents and of nodes have one name, `changed_seq`. */
const TWO_VERSIONS_FROM = 15;
/** Files of an older layout say themselves which parts of files are stored. */
export const STORED_PARTS_UNTIL = 14;

/** How the files of a library are named and which layouts can be read. */
export const LIBRARY_FILE: DatabaseKind = {
  ...{ name: "library", schema: SCHEMA, readableFrom: READABLE_FROM },
};

/** Opens the serving file to read it; undefined when there is none that this program can read. */
export function openLibraryFile(directory: string): OpenDatabase | undefined {
  const current = openCurrent(directory, LIBRARY_FILE);
  if (current !== undefined) fillIn(current);
  return current;
}

/** Provides the columns that an old layout lacks, as views of this connection. */
function fillIn({ db, schema }: OpenDatabase): void {
  if (schema >= TWO_VERSIONS_FROM) return;
  const content = "changed_seq AS content";
  const version = "changed_seq AS version";
  // Before layout 12 the number of a node implied its kind.
  const isDirectory = `id = ${ROOT_ID} OR id >= ${FIRST_DIRECTORY_ID}`;
  const kind = `iif(${isDirectory}, ${DIRECTORY}, ${TRACK}) AS kind`;
  view(db, "files", content);
  view(db, "nodes", schema < 12 ? `${version}, ${kind}` : version);
  if (schema < ORIGIN_TREE_FROM) return;
  view(db, "other_files", content);
  view(db, "origin_directories", version);
}

/** Lets a table have further columns on this connection. */
function view(db: DatabaseSync, table: string, columns: string): void {
  db.exec(`CREATE TEMP VIEW ${table} AS SELECT *, ${columns} FROM main.${table}`);
}
