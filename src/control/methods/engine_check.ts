import { shape } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";

export const engineCheck = method({
  name: "engine.check",
  summary:
    "Checks the library, which the mount could not read, and builds it again when it is damaged.",
  served: "engine",
  params: {},
  result: shape.nothing,
});
