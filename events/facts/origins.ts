import type { Fact } from "../log/event.ts";

export type OriginType = "local" | "nfs" | "s3" | "sftp";
export type ScanMode = "full" | "changes" | "directories";
export type OriginHealth = "up" | "down";

/** An origin was named in the configuration for the first time, or its root or priority changed. */
export type OriginConfigured = Fact<"OriginConfigured", 1, {
  readonly origin: string;
  readonly kind: OriginType;
  /** Absolute path of a local origin (see path_bytes), URL of a remote one. */
  readonly root: string;
  readonly priority: number;
  /** Origins that the settings named no more when they named this one first; none when absent. */
  readonly instead_of?: readonly string[];
}>;

/** The configuration no longer names the origin: its files leave the tree and keep their numbers. */
export type OriginRemoved = Fact<"OriginRemoved", 1, { readonly origin: string }>;

/** A scan began. `scan` numbers the scans of the whole log. One without an end is gone on with. */
export type ScanStarted = Fact<"ScanStarted", 1, {
  readonly origin: string;
  readonly scan: number;
  readonly mode: ScanMode;
}>;

/** A directory that could not be listed: what it held before is kept. */
export interface UnlistedDirectory {
  readonly path: string;
  readonly reason: string;
}

/** Files with an extension of which nobody here knows what it means; empty for those of all kinds beyond a bound. */
export interface UnknownKind {
  readonly extension: string;
  readonly files: number;
}

/** The listing is complete and everything in it was looked at. */
export type ScanCompleted = Fact<"ScanCompleted", 1, {
  readonly origin: string;
  readonly scan: number;
  readonly mode: ScanMode;
  /** Audio files that were listed, and of them: read because new or changed; could not be read. */
  readonly listed: number;
  readonly read: number;
  readonly unreadable: number;
  readonly removed: number;
  readonly unlisted: readonly UnlistedDirectory[];
  /** What was listed and is neither audio nor known to lie beside it; absent when nothing is, and of a part of an origin. */
  readonly unknown?: readonly UnknownKind[];
  /** Directories that are file systems of their own, and those that were and are not there; "" is the root. */
  readonly mounts?: readonly string[];
  readonly duration_ms: number;
  /** Names of files that have several (hard links), beyond the one that counts; 0 when absent. */
  readonly other_names?: number;
}>;

/** The scan ended without a complete listing; nothing is concluded from it. */
export type ScanFailed = Fact<"ScanFailed", 1, {
  readonly origin: string;
  readonly scan: number;
  readonly reason: string;
}>;

/** A complete listing lacks so many files that a person has to confirm (law 1). The tree stays. */
export type RemovalsHeld = Fact<"RemovalsHeld", 1, {
  readonly origin: string;
  readonly scan: number;
  readonly missing: number;
  readonly known: number;
}>;

/** A person confirmed: the next scan of the origin may remove what it does not find. */
export type RemovalsConfirmed = Fact<"RemovalsConfirmed", 1, { readonly origin: string }>;

export type OriginHealthChanged = Fact<"OriginHealthChanged", 1, {
  readonly origin: string;
  readonly health: OriginHealth;
  readonly reason: string | null;
}>;

/** So many bytes of files were read from an origin since the last such event. */
export type OriginTransferred = Fact<"OriginTransferred", 1, {
  readonly origin: string;
  readonly bytes: number;
}>;

export type OriginEvent =
  | OriginConfigured
  | OriginRemoved
  | ScanStarted
  | ScanCompleted
  | ScanFailed
  | RemovalsHeld
  | RemovalsConfirmed
  | OriginHealthChanged
  | OriginTransferred;
