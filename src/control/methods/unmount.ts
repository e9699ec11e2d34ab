import { EXIT, shape } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";

const { about, flag, optional, text } = shape;

export const unmount = method({
  name: "unmount",
  summary: "Takes the mount off; the daemon ends once nothing of it is open.",
  served: "mount",
  params: {
    mountpoint: text,
    force: about("End although files of it are open.", optional(flag)),
  },
  result: shape.object({
    in_use: about("Files are still open, and the daemon lives until they are closed.", flag),
  }),
  failures: [
    { message: "Cannot unmount MOUNTPOINT: it is not served here", exitCode: EXIT.notFound },
  ],
});
