import { shape } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";

export const engineStop = method({
  name: "engine.stop",
  summary: "Ends the engine.",
  served: "engine",
  params: {},
  result: shape.nothing,
});
