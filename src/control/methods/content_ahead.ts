import { shape } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";
import { FILE_RANGE } from "./_file_range.ts";

export const contentAhead = method({
  name: "content.ahead",
  summary: "As content.fetch, for later: answered at once, and done when nothing is waited for.",
  served: "engine",
  params: FILE_RANGE,
  result: shape.nothing,
});
