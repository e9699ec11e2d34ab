import { EXIT, shape } from "../../base/mod.ts";

export const QUERY = shape.about(
  "A path below the mount point, / for all of it; any other text is a query (musicfs help query).",
  shape.text,
);

/** How a method fails whose query can't be read. */
export const QUERY_UNREADABLE = {
  message: "Cannot read the query: expected THIS at character N, found THAT",
  exitCode: EXIT.usage,
} as const;
