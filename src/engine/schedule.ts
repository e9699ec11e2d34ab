import { Cron } from "croner";
import type { OriginRow } from "../../projections/mod.ts";
import { UNANSWERED_RETRY_LOCAL, UNANSWERED_RETRY_REMOTE } from "../base/mod.ts";
import type { Settings } from "../config/settings.ts";

/** The next scan of an origin; `at` is in ms since the epoch. */
export interface DueScan {
  readonly origin: string;
  readonly at: number;
}

/**
 * The next scan of every origin with a schedule, by its own cron expression or the common one. The mount holds the
 * alarm and wakes the engine, since the engine is not running at four in the morning.
 */
export function dueScans(settings: Settings, now: number): DueScan[] {
  const due: DueScan[] = [];
  for (const { id } of settings.origins) {
    const own = Object.hasOwn(settings.originSchedules, id)
      ? settings.originSchedules[id]
      : undefined;
    const expression = own === undefined ? settings.schedule : own;
    if (expression === null) continue;
    const at = new Cron(expression).nextRun(new Date(now));
    if (at !== null) due.push({ origin: id, at: at.getTime() });
  }
  return due;
}

/** An overdue scan begins after this, and not in the moment in which something else ended. */
const SOON_MS = 5_000;

/**
 * When origins are tried again on which something could not be examined: after as long as the trouble has lasted,
 * within bounds. An origin whose scan failed is not among them: its health decides.
 */
export function dueRetries(
  origins: readonly OriginRow[],
  now: number,
  shortestMs: number = UNANSWERED_RETRY_LOCAL.shortestMs,
): DueScan[] {
  return origins.flatMap(({ id, kind, configured, unanswered_since, last_scan_at, ...origin }) => {
    if (!configured || unanswered_since === null || origin.failed_scan_reason !== null) return [];
    const tried = Math.max(unanswered_since, last_scan_at ?? 0);
    const { shortestMs: shortest, longestMs } = kind === "local" || kind === "nfs"
      ? { ...UNANSWERED_RETRY_LOCAL, shortestMs }
      : UNANSWERED_RETRY_REMOTE;
    const wait = Math.min(Math.max(tried - unanswered_since, shortest), longestMs);
    return [{ origin: id, at: Math.max(tried + wait, now + Math.min(SOON_MS, shortest)) }];
  });
}
