import type { DatabaseKind } from "./core/database.ts";

/** Layout of the tables of a library. A reader can't use another one: it has to wait until a rebuild is done. */
export const SCHEMA = 12;

/** What tells the files of a library from others. */
export const LIBRARY_FILE: DatabaseKind = { name: "library", schema: SCHEMA };
