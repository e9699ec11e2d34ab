/**
 * What other folders must know of the methods, as types that load nothing: results by their names, the engine's
 * notifications, and the settings of an origin. The methods themselves are described in `methods/`.
 *
 * @module
 */
import type { Seq } from "../base/mod.ts";
import type { BuildStatus, CacheWork, ScanStatus } from "./methods/mod.ts";
import type { Program } from "./program.ts";

export type * from "./methods/mod.ts";

/** What is measured of a remote origin; see OriginStatus. */
export interface OriginFigures {
  id: string;
  latency_ms: number | null;
  today_bytes: number;
  total_bytes: number;
}

/** One configured origin, as the settings have it. */
export interface OriginSettings {
  id: string;
  type: "local" | "nfs" | "s3" | "sftp";
  root: string;
  /** Local and nfs: whether symbolic links may lead out of the directory; false when absent. */
  followLinks?: boolean;
  /** Nfs, when the origin was given as a plain path: the file system on which the path was found to lie. */
  share?: string;
  /** S3: whether the bucket is named in the path and not in the host name; found out when absent. */
  pathStyle?: boolean;
  /** S3: a file of certificates, besides the system's, that may sign the server's certificate. */
  ca?: string;
  /** Sftp: program and arguments that speak SFTP on their standard input and output. */
  sshCommand?: string[];
  priority: number;
  /** At most this many bytes a second are read from it; null for no limit. */
  bandwidth: number | null;
  /** At most this many bytes a day (UTC) are read from it; null for no limit. */
  dailyBudget: number | null;
}

/** Notifications of the engine to the mount. */
export interface EngineNotifications {
  /** The first one: the engine's program. The engine ends when it can't work with the mount's program. */
  "engine.hello": Program;
  /** The projections are level with the log. */
  "engine.ready": { last_seq: Seq };
  /** Rows were committed up to this event, so the tree may have changed. */
  "engine.projected": { last_seq: Seq };
  "engine.scan": ScanStatus;
  "engine.build": BuildStatus;
  /** Latency and bytes read today of each remote origin, whenever they change. */
  "engine.origins": { origins: OriginFigures[] };
  /** Roots of origins that refused their password. The next engine must not send the password again. */
  "engine.refused": { roots: string[] };
  "engine.cache": { work: CacheWork | null };
  /** The next time when each origin is to be scanned, and when the engine has other work (null), ms since the epoch. */
  "engine.due": { scans: { origin: string | null; at: number }[] };
  /** A rebuilt projection file took the place of the one that served. */
  "engine.switched": { file: string };
}
