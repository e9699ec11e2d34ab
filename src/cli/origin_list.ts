import { LibraryQueries, type OriginRow, utcDay } from "../../projections/mod.ts";
import { UserError } from "../base/mod.ts";
import { libraryDirectory } from "../config/mod.ts";
import type { OriginSettings, OriginStatus, Status } from "../control/protocol.ts";
import type { Context, Invocation } from "./context.ts";
import { statusOfDaemon } from "./daemon.ts";
import { withLibrary } from "./library.ts";
import { originTable } from "./origin_table.ts";

/** The figures of an origin that a running daemon knows more exactly than the log. */
type Measured = Pick<OriginStatus, "latency_ms" | "egress">;

/** `musicfs origin list`: the origins that the log knows, with or without a daemon. */
export async function originList({ context }: Invocation): Promise<void> {
  const shares = await sharesOf(context);
  const origins = (await originStatuses(context, await statusOfDaemon(context))).map((origin) => {
    const share = shares.get(origin.id);
    return share === undefined ? origin : { ...origin, share };
  });
  context.output.print({ origins }, () => originTable(origins));
}

/** The configured origins as the log has them, with the figures of the daemon when one is running. */
export async function originStatuses(
  context: Context,
  status: Status | undefined,
): Promise<OriginStatus[]> {
  const measured = status === undefined
    ? await measuredByLog(context)
    : (id: string) => status.origins.find((origin) => origin.id === id);
  return withLibrary(
    context,
    (library) =>
      library.origins().filter(({ configured }) => configured)
        .map((row) => originStatus(row, measured(row.id))),
  );
}

async function measuredByLog(context: Context): Promise<(id: string) => Measured> {
  const budgets = await budgetsOf(context);
  return (id) => {
    const library = LibraryQueries.open(libraryDirectory(context.locations));
    try {
      const logged = library?.listening.transfers(id);
      return {
        latency_ms: null,
        egress: {
          today_bytes: logged?.utc_day === utcDay(Date.now()) ? logged.day_bytes : 0,
          daily_budget_bytes: budgets.get(id) ?? null,
          total_bytes: logged?.total_bytes ?? 0,
        },
      };
    } finally {
      library?.close();
    }
  };
}

async function budgetsOf(context: Context): Promise<ReadonlyMap<string, number | null>> {
  const origins = await settledOrigins(context);
  return new Map(origins.map(({ id, dailyBudget }) => [id, dailyBudget]));
}

/** The origins in the configuration; none when it is broken: a person can look at the log all the same. */
async function settledOrigins(context: Context): Promise<readonly OriginSettings[]> {
  try {
    return (await context.settings()).settings.origins;
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

/** By origin id, the file systems of origins that were given as plain paths and turned out to be shares. */
async function sharesOf(context: Context): Promise<ReadonlyMap<string, string>> {
  const origins = await settledOrigins(context);
  return new Map(origins.flatMap(({ id, share }) => share === undefined ? [] : [[id, share]]));
}

function originStatus(row: OriginRow, measured: Measured | undefined): OriginStatus {
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
    latency_ms: measured?.latency_ms ?? null,
    egress: measured?.egress ?? { today_bytes: 0, daily_budget_bytes: null, total_bytes: 0 },
  };
}
