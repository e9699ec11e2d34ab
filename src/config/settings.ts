import type { LogLevel } from "../base/mod.ts";
import type { OriginSettings } from "../control/protocol.ts";

/** Everything the processes need to know, checked, with every default filled in. Plain JSON. */
export interface Settings {
  template: string;
  stateDir: string;
  cacheDir: string;
  socket: string;
  logLevel: LogLevel;
  origins: OriginSettings[];
  /** Cron expression; null when rescans are by hand alone. Per origin id where one has its own. */
  schedule: string | null;
  originSchedules: Record<string, string>;
  /** Share of an origin's files above which a removal is held, 0 to 1. */
  removalsHold: number;
  cacheSizeBytes: number;
  metadataSizeBytes: number;
}

export const DEFAULT_TEMPLATE = "$artist/$album ($year) [$format_upper]/$track - $title.$format";
