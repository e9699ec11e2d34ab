import { shape } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";

export const contentUsed = method({
  name: "content.used",
  summary: "These files were read from the store lately.",
  served: "engine",
  params: { files: shape.list(shape.fileId) },
  result: shape.nothing,
});
