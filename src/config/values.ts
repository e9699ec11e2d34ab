/**
 * The single values of the configuration: how each is read, what is expected of it, and its default. The
 * file, the environment and `config show` all work from this one table.
 *
 * @module
 */
import { Cron } from "croner";
import { Template } from "../../projections/mod.ts";
import { messageOf, parseSize, REMOVALS_HOLD_DEFAULT } from "../base/mod.ts";
import { DEFAULT_TEMPLATE } from "./settings.ts";

/** A value that can't be used, and why: mostly what was expected in its place. */
export class Unfit {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

export interface ValueKind<T> {
  readonly key: string;
  readonly variable: string;
  readonly defaultValue: T;
  readonly read: (value: unknown) => T | Unfit;
}

export const TEMPLATE: ValueKind<string> = {
  key: "template",
  variable: "MUSICFS_TEMPLATE",
  defaultValue: DEFAULT_TEMPLATE,
  read: readTemplate,
};

export const CACHE_SIZE: ValueKind<number> = {
  key: "cache.size",
  variable: "MUSICFS_CACHE_SIZE",
  defaultValue: 10_000_000_000,
  read: readSize,
};

export const CACHE_METADATA_SIZE: ValueKind<number> = {
  key: "cache.metadata_size",
  variable: "MUSICFS_CACHE_METADATA_SIZE",
  defaultValue: 100_000_000,
  read: readSize,
};

export const SCAN_SCHEDULE: ValueKind<string | null> = {
  key: "scan.schedule",
  variable: "MUSICFS_SCAN_SCHEDULE",
  defaultValue: "0 4 * * *",
  read: readSchedule,
};

export const SCAN_REMOVALS_HOLD: ValueKind<number> = {
  key: "scan.removals_hold",
  variable: "MUSICFS_SCAN_REMOVALS_HOLD",
  defaultValue: REMOVALS_HOLD_DEFAULT,
  read: readShare,
};

export function readTemplate(value: unknown): string | Unfit {
  if (typeof value !== "string") {
    return new Unfit('expected a template such as "$artist/$title.$format"');
  }
  try {
    new Template(value);
    return value;
  } catch (error) {
    const said = `Cannot use the template ${JSON.stringify(value)}: `;
    return new Unfit(messageOf(error).replace(said, ""));
  }
}

export function readSize(value: unknown): number | Unfit {
  const isSize = typeof value === "string" || typeof value === "number";
  const bytes = isSize ? parseSize(String(value)) : undefined;
  return bytes ?? new Unfit('expected a size such as "10 GB" or "512 MiB"');
}

/** Cron expression of five fields, or null for "off". */
export function readSchedule(value: unknown): string | null | Unfit {
  if (value === "off") return null;
  const unfit = new Unfit(
    'expected a cron expression of five fields such as "0 4 * * *", or "off"',
  );
  if (typeof value !== "string" || value.trim().split(/\s+/).length !== 5) return unfit;
  try {
    if (new Cron(value).nextRun() === null) {
      return new Unfit("expected a cron expression that comes to pass");
    }
    return value.trim();
  } catch {
    return unfit;
  }
}

export function readShare(value: unknown): number | Unfit {
  const share = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof share === "number" && share >= 0 && share <= 1) return share;
  return new Unfit("expected a share from 0 to 1 such as 0.25");
}

export function readText(value: unknown): string | Unfit {
  return typeof value === "string" && value !== ""
    ? value
    : new Unfit("expected a text that is not empty");
}

export function readOriginId(value: unknown): string | Unfit {
  if (typeof value === "string" && /^[a-z0-9][a-z0-9_-]*$/.test(value)) return value;
  return new Unfit("expected lower-case letters, digits, '-' and '_', the first a letter or digit");
}

export function readPriority(value: unknown): number | Unfit {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  return new Unfit("expected a whole number from 0, lower is asked first");
}

export function readPort(value: unknown): number | Unfit {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65535) {
    return value;
  }
  return new Unfit("expected a port from 1 to 65535");
}
