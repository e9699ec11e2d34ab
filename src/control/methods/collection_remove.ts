import { shape } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";
import {
  COLLECTION_NAME,
  COLLECTION_REFUSED,
  COLLECTIONS_OFF,
  NO_SUCH_COLLECTION,
} from "./_collection.ts";

export const collectionRemove = method({
  name: "collection.remove",
  summary: "Removes a saved collection, and none of its tracks.",
  served: "through",
  params: { name: COLLECTION_NAME },
  result: shape.nothing,
  failures: [COLLECTIONS_OFF, COLLECTION_REFUSED, NO_SUCH_COLLECTION],
});
