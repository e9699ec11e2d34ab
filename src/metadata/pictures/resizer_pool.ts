import { RESIZE_CPU_MS, RESIZERS_MAX, selfCommand } from "../../base/mod.ts";
import { ParserPool } from "../parser/parser_pool.ts";

/** A pool whose processes make pictures smaller. */
export function resizerPool(): ParserPool {
  return new ParserPool({
    size: RESIZERS_MAX,
    command: () => selfCommand(["__resizer"]),
    cpuMs: RESIZE_CPU_MS,
  });
}
