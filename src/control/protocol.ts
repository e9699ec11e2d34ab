/**
 * The words of the control socket and of the link between mount and engine: JSON-RPC 2.0, one frame a line.
 * CLI.md fixes `Status`; scripts rely on it.
 *
 * @module
 */

import type { ErrnoName } from "../base/mod.ts";
import type { Program } from "./program.ts";

export interface MountStatus {
  mountpoint: string;
  pid: number;
  since: number;
  mounted_in_ms: number;
}

/** A process that has something of a mount open. */
export interface Holder {
  pid: number;
  name: string;
}

export interface BuildStatus {
  events: number;
  of: number;
}

export interface ScanStatus {
  running: boolean;
  origin: string | null;
  listed: number;
  read: number;
  per_second: number;
  eta_ms: number | null;
  /** Files that an older tag reader saw, or one with another setting, and that are still to be read again. */
  reread_left: number;
}

export interface OriginStatus {
  id: string;
  type: string;
  root: string;
  /** As of OriginSettings, where the settings are at hand. */
  share?: string;
  priority: number;
  health: "up" | "down" | "unknown";
  reason: string | null;
  tracks: number;
  last_scan_at: number | null;
  held_removals: number;
  /** Median of the newest answers, ms; null for one that was not asked yet, and for local ones. */
  latency_ms: number | null;
  /** Bytes of files read from it: today (UTC), of how many that may be, and ever. */
  egress: { today_bytes: number; daily_budget_bytes: number | null; total_bytes: number };
}

export interface Status {
  version: string;
  /** Where the event log is: what tells one library from another. */
  state_dir: string;
  mounts: MountStatus[];
  /** A mount that was taken off the tree while something of it was open; null when there is none. */
  detached: (MountStatus & { holders: Holder[] }) | null;
  /** How much of the log is in the library that is being built, and whether an older one is shown meanwhile; null when
   * none is built. */
  build: (BuildStatus & { shown: boolean }) | null;
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
    /** Bytes that files have in the store, over the bytes that takes; 0 when there are none. */
    dedup_ratio: number;
    /** Of `bytes`: what scanners of tags read. */
    metadata_bytes: number;
    metadata_limit_bytes: number;
    pinned_tracks: number;
    /** What a person asked for and waits for; of several, the one that began first. */
    work: CacheWork | null;
  };
  events: { last_seq: number };
  memory: { mount_rss_bytes: number; engine_rss_bytes: number };
  engine: {
    state: "off" | "running" | "restarting";
    pid: number | null;
    restarts: number;
    /** What program the last engine was; null before there was one. */
    version: string | null;
    /** Why there is no engine any more: what is known stays readable, and nothing new is learned. */
    problem: string | null;
  };
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

/** What is measured of a remote origin: see OriginStatus. */
export interface OriginFigures {
  id: string;
  latency_ms: number | null;
  today_bytes: number;
  total_bytes: number;
}

/** How far a command that fetches or reads many bytes is. */
export interface CacheWork {
  what: "pin" | "warm" | "verify";
  done_bytes: number;
  total_bytes: number;
}

/** What became of a `cache verify`. */
export interface CacheVerification {
  chunks: number;
  bytes: number;
  /** Chunks that were not what their name says, dropped to be fetched again. */
  corrupt: { hash: string; reason: string }[];
  /** Chunk files that no file needs, deleted. */
  orphans: number;
}

/** Tracks that were meant, and the bytes of the cache that came (or, with `clear`, went). */
export interface CacheChange {
  tracks: number;
  bytes: number;
}

/** Bytes `from` to `to` (exclusive) of a file, in memory that the engine shares: a descriptor of its process, and the
 * name by which it is told from another that may have taken its number since. */
export interface SharedBytes {
  from: number;
  to: number;
  fd: number;
  name: string;
  /** Offset in the file of the first byte of that memory. */
  base: number;
}

/** Bytes are at hand, or why not. What `shared` does not cover is stored: the tree has it at `last_seq`. */
export type FetchReply =
  | { pid: number; shared: SharedBytes[]; last_seq: number }
  | { errno: ErrnoName; message: string };

/** Served by the mount on the control socket. The engine serves those from `origin.rescan` on as well. */
export interface ControlMethods {
  "status": { params: Record<string, never>; result: Status };
  /** `in_use`: files are still open, and the daemon lives until they are closed, unless forced not to. */
  "unmount": { params: { mountpoint: string; force?: boolean }; result: { in_use: boolean } };
  /** A daemon whose mount is detached gives up the library, and serves what is open until it is closed. */
  "release": { params: Record<string, never>; result: { mountpoint: string; pid: number } };
  "origin.rescan": {
    params: { ids: string[]; full: boolean; wait: boolean };
    result: ScanSummary[];
  };
  "origin.confirm_removals": { params: { id: string }; result: null };
  /** Takes what is stored of an origin's files, or of all, out of the cache; pinned tracks too. */
  "cache.clear": { params: { origin: string | null }; result: CacheChange };
  /** Reads every chunk. */
  "cache.verify": { params: Record<string, never>; result: CacheVerification };
  /** Fetches what a query finds, and keeps it until it is unpinned. */
  "cache.pin": { params: { query: string }; result: CacheChange };
  "cache.unpin": { params: { query: string }; result: CacheChange };
  "cache.warm": { params: { query: string }; result: CacheChange };
  "events.replay": { params: Record<string, never>; result: ReplayResult };
  "events.verify": { params: Record<string, never>; result: VerifyResult };
}

/** One configured origin, as settings name it. */
export interface OriginSettings {
  id: string;
  type: "local" | "nfs" | "s3" | "sftp";
  root: string;
  /** Of a directory: symbolic links may lead out of it; false when absent. */
  followLinks?: boolean;
  /** Of an nfs origin that was given as a plain path: the file system that it was found to lie on. */
  share?: string;
  /** Of a bucket: it is named in the path and not in the host's name; found out when absent. */
  pathStyle?: boolean;
  /** Of a bucket: file of certificates, beyond those of the system, that its server's may be signed with. */
  ca?: string;
  /** Of an SSH server: program and arguments that speak SFTP on their standard input and output. */
  sshCommand?: string[];
  priority: number;
  /** Bytes a second that are read from it at most; null for as fast as it gives them. */
  bandwidth: number | null;
  /** Bytes a day (UTC) that are read from it at most; null for no limit. */
  dailyBudget: number | null;
}

/** Served by the engine on its standard input and output, to the mount alone. */
export interface EngineMethods {
  /** Files or directories of an origin that a watch saw change; paths are relative to its root. */
  "engine.observe": { params: { origin: string; directories: string[] }; result: null };
  /** Answered when it is known of each remote origin whether it is there. */
  "origin.check": { params: Record<string, never>; result: null };
  /** The mount could not read the library: it is checked, and built again from the log when it is damaged. */
  "engine.check": { params: Record<string, never>; result: null };
  /** Has bytes `from` to `to` (exclusive) of a file's version at hand; answers within READ_DEADLINE_MS. */
  "content.fetch": {
    params: { file: number; version: number; from: number; to: number };
    result: FetchReply;
  };
  /** The same, for later: answered at once, and done when nothing is waited for. */
  "content.ahead": {
    params: { file: number; version: number; from: number; to: number };
    result: null;
  };
  /** Somebody listens to a track. */
  "content.played": { params: { track: number }; result: null };
  /** These files were read from the store lately. */
  "content.used": { params: { files: number[] }; result: null };
  /** A chunk was not what its name says. */
  "content.corrupt": { params: { hash: string; reason: string }; result: null };
  "engine.stop": { params: Record<string, never>; result: null };
}

/** Said by the engine without being asked. */
export interface EngineNotifications {
  /** The first that is said: what program the engine is. It ends when it can't work with the program of the mount. */
  "engine.hello": Program;
  /** The projections are level with the log. */
  "engine.ready": { last_seq: number };
  /** Rows were committed up to this event: the tree may have changed. */
  "engine.projected": { last_seq: number };
  "engine.scan": ScanStatus;
  "engine.build": BuildStatus;
  /** How quickly origins answer and what was read from them today, as it changes. */
  "engine.origins": { origins: OriginFigures[] };
  "engine.cache": { work: CacheWork | null };
  /** When the schedule wants each origin scanned next, and the engine is wanted besides (null), ms since the epoch. */
  "engine.due": { scans: { origin: string | null; at: number }[] };
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
