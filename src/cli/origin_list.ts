import type { OriginRow } from "../../projections/mod.ts";
import type { OriginStatus } from "../control/protocol.ts";
import type { Invocation } from "./context.ts";
import { withLibrary } from "./library.ts";
import { originTable } from "./origin_table.ts";

/** `musicfs origin list`: as the log knows them, also with no daemon running. */
export function originList({ context }: Invocation): void {
  withLibrary(context, (library) => {
    const origins = library.origins().filter(({ configured }) => configured).map(originStatus);
    context.output.print({ origins }, () => originTable(origins));
  });
}

function originStatus(row: OriginRow): OriginStatus {
  return {
    id: row.id,
    type: row.kind,
    root: row.root,
    priority: row.priority,
    health: row.health,
    reason: row.reason ?? row.failed_scan_reason,
    tracks: row.tracks,
    last_scan_at: row.last_scan_at,
    held_removals: row.held_missing,
  };
}
