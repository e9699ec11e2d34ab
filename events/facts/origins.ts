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
  /** Origins that disappeared from the settings when this one first appeared there; none when absent. */
  readonly instead_of?: readonly string[];
}>;

/** The configuration no longer names the origin: its files leave the tree and keep their numbers. */
export type OriginRemoved = Fact<"OriginRemoved", 1, { readonly origin: string }>;

/** A scan began. `scan` counts the scans of the whole log. A scan without an end is continued. */
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

/**
 * The number of files with an extension that this program does not know. The extension is empty for all kinds beyond
 * a bound together.
 */
export interface UnknownKind {
  readonly extension: string;
  readonly files: number;
}

/** The listing is complete, and everything in it was examined. */
export type ScanCompleted = Fact<"ScanCompleted", 1, {
  readonly origin: string;
  readonly scan: number;
  readonly mode: ScanMode;
  /**
   * Audio files that were listed; those of them that were read because they were new or changed; those that could not
   * be read.
   */
  readonly listed: number;
  readonly read: number;
  readonly unreadable: number;
  readonly removed: number;
  readonly unlisted: readonly UnlistedDirectory[];
  /**
   * Listed files that are neither audio nor of a kind known to lie beside it. Absent when there are none, and in a
   * scan of a part of an origin.
   */
  readonly unknown?: readonly UnknownKind[];
  /**
   * Directories that are roots of file systems now, and those that used to be and are not there; "" is the origin's
   * root.
   */
  readonly mounts?: readonly string[];
  readonly duration_ms: number;
  /** Further names of files with hard links, beyond the one that counts; 0 when absent. */
  readonly other_names?: number;
}>;

/** The scan ended without a complete listing. Nothing follows from it. */
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

/** The bytes of files that were read from an origin since its last event of this type. */
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
