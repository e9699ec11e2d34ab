/**
 * The words of the control socket and of the link between mount and engine: JSON-RPC 2.0, one frame a line.
 * CLI.md fixes `Status`; scripts rely on it.
 *
 * @module
 */

export interface MountStatus {
  mountpoint: string;
  pid: number;
  since: number;
  mounted_in_ms: number;
}

export interface ScanStatus {
  running: boolean;
  origin: string | null;
  listed: number;
  read: number;
  per_second: number;
  eta_ms: number | null;
}

export interface OriginStatus {
  id: string;
  type: string;
  root: string;
  priority: number;
  health: "up" | "down" | "unknown";
  reason: string | null;
  tracks: number;
  last_scan_at: number | null;
  held_removals: number;
}

export interface Status {
  version: string;
  mounts: MountStatus[];
  library: { tracks: number; albums: number; artists: number; bytes: number; unreadable: number };
  scan: ScanStatus;
  origins: OriginStatus[];
  cache: {
    bytes: number;
    limit_bytes: number;
    chunks: number;
    hits: number;
    misses: number;
    hit_rate: number;
    dedup_ratio: number;
  };
  events: { last_seq: number };
  memory: { mount_rss_bytes: number; engine_rss_bytes: number };
  engine: { state: "off" | "running" | "restarting"; pid: number | null; restarts: number };
}

export interface ScanSummary {
  origin: string;
  outcome: "completed" | "failed" | "held";
  reason: string | null;
  listed: number;
  read: number;
  unreadable: number;
  removed: number;
  duration_ms: number;
}

export interface VerifyResult {
  identical: boolean;
  events: number;
  /** Table, key and both values of the first row that differs, in one line; null when identical. */
  difference: string | null;
}

export interface ReplayResult {
  events: number;
  files: number;
  duration_ms: number;
}

/** Served by the mount on the control socket. The engine serves those from `origin.rescan` on as well. */
export interface ControlMethods {
  "status": { params: Record<string, never>; result: Status };
  /** `in_use`: files are still open, and the daemon lives until they are closed. */
  "unmount": { params: { mountpoint: string }; result: { in_use: boolean } };
  "origin.rescan": {
    params: { ids: string[]; full: boolean; wait: boolean };
    result: ScanSummary[];
  };
  "origin.confirm_removals": { params: { id: string }; result: null };
  "events.replay": { params: Record<string, never>; result: ReplayResult };
  "events.verify": { params: Record<string, never>; result: VerifyResult };
}

/** One configured origin, as settings name it. */
export interface OriginSettings {
  id: string;
  type: "local" | "nfs" | "s3" | "sftp";
  root: string;
  priority: number;
}

/** Served by the engine on its standard input and output, to the mount alone. */
export interface EngineMethods {
  /** Files or directories of an origin that a watch saw change; paths are relative to its root. */
  "engine.observe": { params: { origin: string; directories: string[] }; result: null };
  /** The mount could not read the library: it is checked, and built again from the log when it is damaged. */
  "engine.check": { params: Record<string, never>; result: null };
  "engine.stop": { params: Record<string, never>; result: null };
}

/** Said by the engine without being asked. */
export interface EngineNotifications {
  /** The projections are level with the log. */
  "engine.ready": { last_seq: number };
  /** Rows were committed up to this event: the tree may have changed. */
  "engine.projected": { last_seq: number };
  "engine.scan": ScanStatus;
  /** When the schedule wants each origin scanned next, ms since the epoch. */
  "engine.due": { scans: { origin: string; at: number }[] };
  /** A rebuilt projection file took the place of the one that served. */
  "engine.switched": { file: string };
}

/** JSON-RPC error codes: the standard ones, then ours. */
export const RPC_ERROR = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  /** A failure meant for the user: `data` holds `hint` and `exit_code`. */
  user: -32000,
} as const;
