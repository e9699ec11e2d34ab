import { shape } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";

export const engineLogIn = method({
  name: "engine.log_in",
  summary: "Lets passwords that were refused be sent once more, since somebody asks.",
  served: "engine",
  params: { origins: shape.about("Ids; all when there are none.", shape.list(shape.text)) },
  result: shape.nothing,
});
