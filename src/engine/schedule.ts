import { Cron } from "croner";
import type { Settings } from "../config/settings.ts";

/** When an origin is next to be scanned, ms since the epoch. */
export interface DueScan {
  readonly origin: string;
  readonly at: number;
}

/**
 * The next scan of every origin that has a schedule, by its own cron expression or the common one. The mount
 * holds the alarm and wakes the engine with it, since the engine is not there at four in the morning.
 */
export function dueScans(settings: Settings, now: number): DueScan[] {
  const due: DueScan[] = [];
  for (const { id } of settings.origins) {
    const own = settings.originSchedules[id];
    const expression = own === undefined ? settings.schedule : own;
    if (expression === null) continue;
    const at = new Cron(expression).nextRun(new Date(now));
    if (at !== null) due.push({ origin: id, at: at.getTime() });
  }
  return due;
}
