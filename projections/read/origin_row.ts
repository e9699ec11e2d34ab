import type {
  OriginHealth,
  OriginType,
  ScanMode,
  UnknownKind,
  UnlistedDirectory,
} from "../../events/facts/origins.ts";
import type { Row } from "../core/query.ts";

/** A scan that has begun and not ended. */
export interface OpenScan {
  readonly origin: string;
  readonly scan: number;
  readonly mode: ScanMode;
  /** The position of its last batch; null before the first. */
  readonly position: string | null;
}

export interface OriginRow {
  readonly id: string;
  /** Whether the configuration names it, as far as the log knows. */
  readonly configured: boolean;
  readonly kind: OriginType;
  readonly root: string;
  readonly priority: number;
  /** How many further names hard-linked files have, besides the one that counts, as far as scans know. */
  readonly other_names: number;
  /** Origins that the settings no longer named when they first named this one. */
  readonly instead_of: readonly string[];
  /**
   * True when it has another root than the one below which its files were seen, and no scan has listed all of it since.
   */
  readonly isMoved: boolean;
  readonly health: OriginHealth | "unknown";
  readonly reason: string | null;
  /** The end of the last scan that listed all of it, in ms since 1970. */
  readonly last_scan_at: number | null;
  /** The reason why the last scan failed; null when it did not. */
  readonly failed_scan_reason: string | null;
  readonly open_scan: OpenScan | null;
  /**
   * How many files the last complete listing lacked, out of `held_known`, when their removal waits for a person. 0 when
   * none does.
   */
  readonly held_missing: number;
  readonly held_known: number;
  /** True when a person has confirmed: the next scan may remove the files. */
  readonly confirmed: boolean;
  readonly unlisted: readonly UnlistedDirectory[];
  /** Unsupported kinds of files, as of the last scan that listed all of it. */
  readonly unknown: readonly UnknownKind[];
  readonly tracks: number;
  readonly unreadable: number;
  /** Since when some files or directories could not be read, in ms since 1970; null when there are none. */
  readonly unanswered_since: number | null;
  /** Directories that are, or were, file systems of their own; "" is the root. */
  readonly mounts: readonly string[];
}

/** The columns of `origins` that {@link originFromRow} needs. */
export const ORIGIN_COLUMNS = `id, configured, kind, root, priority, health, reason, last_scan_at,
  failed_scan_reason, open_scan, open_mode, open_position, held_missing, held_known, confirmed,
  unlisted, tracks, unreadable, moved, unanswered_since, unknown, other_names, mounts,
  instead_of`;

export function originFromRow(row: Row): OriginRow {
  const [id, configured, kind, root, priority, health, reason, last_scan_at] = row;
  const [failed_scan_reason, scan, mode, position, held_missing, held_known] = row.slice(8);
  const [confirmed, unlisted, tracks, unreadable, moved, unanswered_since] = row.slice(14);
  const [unknown, other_names, mounts, instead_of] = row.slice(20);
  return {
    ...{ id, kind, root, priority, health, reason, last_scan_at, failed_scan_reason },
    ...{ held_missing, held_known, tracks, unreadable, unanswered_since, other_names },
    configured: configured !== 0,
    isMoved: moved !== 0,
    confirmed: confirmed !== 0,
    open_scan: scan === null ? null : { origin: id, scan, mode, position },
    unlisted: JSON.parse(unlisted as string),
    unknown: JSON.parse(unknown as string),
    mounts: JSON.parse(mounts as string),
    instead_of: JSON.parse(instead_of as string),
  } as OriginRow;
}
