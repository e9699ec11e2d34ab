/**
 * What other folders must know of the methods, as types that load nothing: results by their names, what the engine
 * says without being asked, and the settings of an origin. The methods themselves are described in `methods/`.
 *
 * @module
 */
import type {
  BuildStatus,
  CacheWork,
  ControlMethods,
  EngineMethods,
  MountMethods,
  ScanStatus,
} from "./methods/mod.ts";
import type { Program } from "./program.ts";

export type { ControlMethods, EngineMethods, MountMethods };
export type * from "./methods/_all.ts";

/** What is measured of a remote origin: see OriginStatus. */
export interface OriginFigures {
  id: string;
  latency_ms: number | null;
  today_bytes: number;
  total_bytes: number;
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
  /** Roots of origins whose passwords were refused, which the next engine is not to send again. */
  "engine.refused": { roots: string[] };
  "engine.cache": { work: CacheWork | null };
  /** When the schedule wants each origin scanned next, and the engine is wanted besides (null), ms since the epoch. */
  "engine.due": { scans: { origin: string | null; at: number }[] };
  /** A rebuilt projection file took the place of the one that served. */
  "engine.switched": { file: string };
}
