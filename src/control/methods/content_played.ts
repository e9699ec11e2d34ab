import { shape } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";

export const contentPlayed = method({
  name: "content.played",
  summary: "A track was played: answered when the log has it.",
  served: "engine",
  params: { track: shape.trackId },
  result: shape.nothing,
});
