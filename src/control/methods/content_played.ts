import { shape } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";

export const contentPlayed = method({
  name: "content.played",
  summary: "Somebody listens to a track.",
  served: "engine",
  params: { track: shape.count },
  result: shape.nothing,
});
