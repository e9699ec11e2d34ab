import { shape } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";

export const contentHeard = method({
  name: "content.heard",
  summary: "Somebody begins to listen to a track: what may follow it is fetched ahead.",
  served: "engine",
  params: { track: shape.trackId },
  result: shape.nothing,
});
