import { EXIT, UserError } from "../base/mod.ts";
import { libraryDirectory } from "../config/mod.ts";
import { ContentQueries } from "../../projections/read/content_queries.ts";
import { LibraryQueries } from "../../projections/read/library_queries.ts";
import type { Context } from "./context.ts";

/** Opens the projections for reading, does the work, and closes them in any case. */
export function withLibrary<T>(
  context: Context,
  work: (library: LibraryQueries, content: ContentQueries) => T,
): T {
  const directory = libraryDirectory(context.locations);
  const library = LibraryQueries.open(directory);
  const content = ContentQueries.open(directory);
  try {
    if (library !== undefined && content !== undefined) return work(library, content);
  } finally {
    library?.close();
    content?.close();
  }
  throw new UserError(`Cannot read the library: there is none in ${directory}`, {
    exitCode: EXIT.notFound,
    hint: "musicfs mount makes one, and musicfs events replay makes it again from the log",
  });
}
