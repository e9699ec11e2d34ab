import { shape } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";
import { COLLECTION_REFUSED, COLLECTIONS_OFF } from "./_collection.ts";
import { QUERY_UNREADABLE } from "./_query.ts";

const { about, flag, object, text } = shape;

export const collectionSave = method({
  name: "collection.save",
  summary: "Saves a query as a collection, or gives the collection of that name another query.",
  served: "through",
  params: {
    name: about("What it is called: one line of text, without a slash.", text),
    query: about("What it has: see musicfs help query.", text),
  },
  result: object({
    name: text,
    replaced: about("There was a collection of that name.", flag),
  }),
  failures: [COLLECTIONS_OFF, COLLECTION_REFUSED, QUERY_UNREADABLE],
});
