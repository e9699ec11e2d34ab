import { EXIT, shape } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";

const { count, object, text } = shape;

export const release = method({
  name: "release",
  summary: "A daemon whose mount is detached gives up the library for another daemon, and serves " +
    "what is open until it is closed.",
  served: "mount",
  params: {},
  result: object({ mountpoint: text, pid: count }),
  failures: [
    { message: "Cannot give up the library: it is served here", exitCode: EXIT.failed },
  ],
});
