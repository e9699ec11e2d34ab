import { EXIT, shape } from "../../base/mod.ts";
import { method, NO_SUCH_ORIGIN } from "../rpc/method.ts";

export const originConfirmRemovals = method({
  name: "origin.confirm_removals",
  summary: "Lets the next scan of an origin remove what it does not find, and starts it.",
  served: "through",
  params: { id: shape.text },
  result: shape.nothing,
  failures: [
    NO_SUCH_ORIGIN,
    { message: "Cannot confirm removals of 'ID': none are held", exitCode: EXIT.notFound },
  ],
});
