import { COLLECTION_SHOWN_MAX, shape } from "../../base/mod.ts";
import { method, type ResultOf } from "../rpc/method.ts";
import { COLLECTION, COLLECTION_NAME, COLLECTIONS_OFF, NO_SUCH_COLLECTION } from "./_collection.ts";
import { QUERY_UNREADABLE } from "./_query.ts";

const { about, countTo, flag, list, object, optional, text } = shape;

export type ShownCollection = ResultOf<typeof collectionShow>;

export const collectionShow = method({
  name: "collection.show",
  summary: "A collection with the tracks that it has now, in their order.",
  served: "through",
  params: {
    name: COLLECTION_NAME,
    limit: about("How many at most; 100 when absent.", optional(countTo(COLLECTION_SHOWN_MAX))),
  },
  result: object({
    ...COLLECTION,
    tracks: list(object({
      path: about("Below the mount point.", text),
      title: text,
      artist: text,
      album: text,
    })),
    more: about("It has more tracks than these.", flag),
  }),
  failures: [NO_SUCH_COLLECTION, QUERY_UNREADABLE, COLLECTIONS_OFF],
});
