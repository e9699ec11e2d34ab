import { shape } from "../../base/mod.ts";
import { method, type ResultOf } from "../rpc/method.ts";
import { COLLECTION, COLLECTIONS_OFF } from "./_collection.ts";

export type CollectionSummary = ResultOf<typeof collectionList>[number];

export const collectionList = method({
  name: "collection.list",
  summary: "The collections: those that are always there, then the saved ones by their names.",
  served: "through",
  params: {},
  result: shape.list(shape.object(COLLECTION)),
  failures: [COLLECTIONS_OFF],
});
