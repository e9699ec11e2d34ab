import { shape } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";
import {
  COLLECTION_NAME,
  COLLECTION_REFUSED,
  COLLECTIONS_OFF,
  NO_SUCH_COLLECTION,
} from "./_collection.ts";

export const collectionRename = method({
  name: "collection.rename",
  summary: "Gives a saved collection another name.",
  served: "through",
  params: { name: COLLECTION_NAME, to: shape.text },
  result: shape.nothing,
  failures: [COLLECTIONS_OFF, COLLECTION_REFUSED, NO_SUCH_COLLECTION],
});
