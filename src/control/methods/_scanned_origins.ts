import type { ParamsOf } from "../rpc/method.ts";
import type { originRescan } from "./origin_rescan.ts";

/** The ids of the origins that an `origin.rescan` names, each once; empty when it means all. */
export function scannedOrigins(
  { id, ids = [] }: Pick<ParamsOf<typeof originRescan>, "id" | "ids">,
): string[] {
  return [...new Set(id === undefined ? ids : [id, ...ids])];
}
