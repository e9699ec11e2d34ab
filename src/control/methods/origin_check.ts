import { shape } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";

export const originCheck = method({
  name: "origin.check",
  summary: "Answers when it is known of each remote origin whether it is there.",
  served: "engine",
  params: {},
  result: shape.nothing,
});
