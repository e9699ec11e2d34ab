import { EXIT, UserError } from "../base/mod.ts";
import { cachePlaces } from "../config/mod.ts";
import { CacheQueries } from "../../projections/read/cache_queries.ts";
import { LibraryQueries } from "../../projections/read/library_queries.ts";
import type { Context } from "./context.ts";

/** Opens the projections for reading, does the work, and closes them in any case. */
export function withLibrary<T>(
  context: Context,
  work: (library: LibraryQueries, content: CacheQueries) => T,
): T {
  const places = cachePlaces(context.locations);
  const library = LibraryQueries.open(places.library);
  const content = CacheQueries.open(places);
  try {
    if (library !== undefined && content !== undefined) return work(library, content);
  } finally {
    library?.close();
    content?.close();
  }
  throw new UserError(`Cannot read the library: there is none in ${places.library}`, {
    exitCode: EXIT.notFound,
    hint: "musicfs mount makes one, and musicfs events replay makes it again from the log",
  });
}
