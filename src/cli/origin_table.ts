import type { OriginStatus } from "../control/protocol.ts";
import { printable, table, timeText } from "./output.ts";

/** Origins as rows, and below them what a person has to do about one. */
export function originTable(origins: readonly OriginStatus[]): string {
  if (origins.length === 0) return "No origins";
  const rows = origins.map((origin) => [
    origin.id,
    origin.type,
    origin.health + (origin.reason === null ? "" : ` (${printable(origin.reason)})`),
    origin.tracks,
    origin.last_scan_at === null ? "never" : timeText(origin.last_scan_at),
    printable(origin.root),
  ]);
  const held = origins.filter((origin) => origin.held_removals > 0).map((origin) =>
    `${origin.id}: ${origin.held_removals} files are gone from the origin and kept in the tree until ` +
    `"musicfs origin confirm-removals ${origin.id}"`
  );
  return [table(["ORIGIN", "TYPE", "HEALTH", "TRACKS", "LAST SCAN", "ROOT"], rows), ...held].join(
    "\n",
  );
}
