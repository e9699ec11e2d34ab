import type { Origin } from "../../origins/mod.ts";
import type { FileReader } from "./file_reader.ts";
import { LocalReader } from "./local_reader.ts";
import type { ParserPool } from "../parser/parser_pool.ts";
import { RemoteReader } from "./remote_reader.ts";

/** The reader for one scan of an origin. */
export function readerOf(origin: Origin, pool: ParserPool): FileReader {
  return origin.kind === "local"
    ? new LocalReader(origin.root, pool, origin.followsLinks)
    : new RemoteReader(origin, pool);
}
