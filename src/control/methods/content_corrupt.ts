import { shape } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";

export const contentCorrupt = method({
  name: "content.corrupt",
  summary: "A chunk was not what its name says.",
  served: "engine",
  params: { hash: shape.text, reason: shape.text },
  result: shape.nothing,
});
