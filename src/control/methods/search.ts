import { EXIT, SEARCH_RESULTS_MAX, shape } from "../../base/mod.ts";
import { method, NO_SUCH_ORIGIN, type ResultOf } from "../rpc/method.ts";
import { QUERY_UNREADABLE } from "./_query.ts";

const { about, count, countTo, flag, list, number, object, oneOf, optional, orNull, text } = shape;

export type SearchResult = ResultOf<typeof search>;

export const search = method({
  name: "search",
  summary: "Tracks that a query finds, the best match first.",
  served: "through",
  params: {
    query: about("Words, fields, ranges: see musicfs help query.", text),
    limit: about("How many at most; 100 when absent.", optional(countTo(SEARCH_RESULTS_MAX))),
    offset: about("How many of the best are left out.", optional(count)),
    fields: about(
      "Fields in which words are looked for that name none; all when absent.",
      optional(list(text)),
    ),
    origin: about("The origin that the tracks are on; any when absent.", optional(text)),
  },
  result: object({
    results: list(object({
      path: about("Below the mount point.", text),
      title: text,
      artist: text,
      album: text,
      score: about("How well it matches: of two results, the better one has the higher.", number),
      highlights: about(
        "What matches in it, in code units of UTF-16; `to` is exclusive.",
        list(object({ field: oneOf("title", "artist", "album"), from: count, to: count })),
      ),
    })),
    total: about("How many tracks match.", count),
    more: about("There may be more than `total`: of very many, some thousands are counted.", flag),
    query_ms: about("How long the search took.", number),
    corrected: about(
      "The query that was answered, when few tracks or none match the one that was asked.",
      orNull(text),
    ),
    filling: about("The index is still being made, and nothing can be found.", flag),
  }),
  failures: [
    QUERY_UNREADABLE,
    NO_SUCH_ORIGIN,
    { message: "Cannot search: it is turned off", exitCode: EXIT.failed },
  ],
});
