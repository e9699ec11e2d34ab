import { shape } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";
import { COLLECTION_NAME, COLLECTIONS_OFF, NO_SUCH_COLLECTION } from "./_collection.ts";
import { QUERY_UNREADABLE } from "./_query.ts";

const { about, flag, object, text } = shape;

export const collectionPlaylist = method({
  name: "collection.playlist",
  summary: "A collection as an M3U playlist beside its directory.",
  served: "engine",
  params: { name: COLLECTION_NAME },
  result: object({
    text,
    timed: about("It becomes another by the time alone.", flag),
  }),
  failures: [NO_SUCH_COLLECTION, QUERY_UNREADABLE, COLLECTIONS_OFF],
});
