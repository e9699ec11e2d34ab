import { coloured, formatBytes, formatDuration } from "../base/mod.ts";
import type { OriginStatus } from "../control/protocol.ts";
import { printable, table, timeText } from "./output.ts";

const HEADINGS = [
  ...[
    "ORIGIN",
    "TYPE",
    "PRIORITY",
    "HEALTH",
    "LATENCY",
    "TRACKS",
    "READ TODAY",
    "LAST SCAN",
    "ROOT",
  ],
];

/** Origins as rows, followed by the reasons of those that are down and by what a person has to do. */
export function originTable(origins: readonly OriginStatus[]): string {
  if (origins.length === 0) return "No origins";
  const rows = origins.map((origin) => [
    origin.id,
    origin.type,
    origin.priority,
    healthText(origin.health),
    origin.latency_ms === null ? "-" : formatDuration(origin.latency_ms),
    origin.tracks,
    readToday(origin),
    origin.last_scan_at === null ? "never" : timeText(origin.last_scan_at),
    printable(origin.root),
  ]);
  const remarks = origins.flatMap(({ id, reason, held_removals, egress, share }) => [
    ...share === undefined ? [] : [`${id}: lies on a network share (${share}), and is used as nfs`],
    ...reason === null ? [] : [`${id}: ${printable(reason)}`],
    ...isUsedUp(egress)
      ? [`${id}: its daily budget is used up: what is not cached can be read again after 00:00 UTC`]
      : [],
    ...held_removals === 0 ? [] : [
      `${id}: ${held_removals} files are gone from the origin and kept in the tree until ` +
      `"musicfs origin confirm-removals ${id}"`,
    ],
  ]);
  return [table(HEADINGS, rows), ...remarks].join("\n");
}

function healthText(health: OriginStatus["health"]): string {
  if (health === "unknown") return health;
  return coloured(Deno.stdout, health === "up" ? "green" : "red", health);
}

/** Bytes read from an origin today; "-" for a local origin, from which nothing is fetched. */
export function readToday(
  { type, egress: { today_bytes, daily_budget_bytes } }: Pick<OriginStatus, "type" | "egress">,
): string {
  if (type === "local") return "-";
  const budget = daily_budget_bytes === null ? "" : ` of ${formatBytes(daily_budget_bytes)}`;
  return formatBytes(today_bytes) + budget;
}

function isUsedUp({ today_bytes, daily_budget_bytes }: OriginStatus["egress"]): boolean {
  return daily_budget_bytes !== null && today_bytes >= daily_budget_bytes;
}
