import { shape } from "../../base/mod.ts";
import { method, type ResultOf } from "../rpc/method.ts";
import { QUERY_UNREADABLE } from "./_query.ts";

const { list, nodeId, object, text } = shape;

/** As many names as nodes, best first. */
export type FoundNames = ResultOf<typeof searchNames>;

export const searchNames = method({
  name: "search.names",
  summary: "What a query finds as a directory shows it: files, and a name for each.",
  served: "engine",
  params: { query: text },
  result: object({ nodes: list(nodeId), names: list(text) }),
  failures: [QUERY_UNREADABLE],
});
