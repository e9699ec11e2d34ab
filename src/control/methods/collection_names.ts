import { COLLECTION_SHOWN_MAX, shape } from "../../base/mod.ts";
import { method, type ResultOf } from "../rpc/method.ts";
import { COLLECTION_NAME, COLLECTIONS_OFF, NO_SUCH_COLLECTION } from "./_collection.ts";
import { QUERY_UNREADABLE } from "./_query.ts";

const { about, count, countTo, flag, list, nodeId, object, optional, orNull, text } = shape;

export type CollectionNames = ResultOf<typeof collectionNames>;

export const collectionNames = method({
  name: "collection.names",
  summary: "Files of a collection as its directory shows them, some at a time.",
  served: "engine",
  params: {
    name: COLLECTION_NAME,
    from: about("The place of the first, from 0 up.", count),
    limit: countTo(COLLECTION_SHOWN_MAX),
    listing: about("Of an earlier answer: these are to go on behind its names.", optional(count)),
  },
  result: object({
    listing: about("Another one than was asked for: the content is not kept any more.", count),
    from: about("The place of the first; 0 when the listing is another one.", count),
    nodes: list(nodeId),
    names: about("As many as nodes.", list(text)),
    next: about("The place to ask for next; null when these are the last.", orNull(count)),
    total: about("How many places there are.", count),
    more: about("The collection has more tracks than a directory shows.", flag),
    timed: about("It becomes another by the time alone.", flag),
  }),
  failures: [NO_SUCH_COLLECTION, QUERY_UNREADABLE, COLLECTIONS_OFF],
});
