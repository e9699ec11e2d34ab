import { shape } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";

export const engineObserve = method({
  name: "engine.observe",
  summary: "Looks again at files or directories of an origin that a watch saw change.",
  served: "engine",
  params: {
    origin: shape.text,
    directories: shape.about("Relative to the root of the origin.", shape.list(shape.text)),
  },
  result: shape.nothing,
});
