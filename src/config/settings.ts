import type { LogLevel } from "../base/mod.ts";
import type { OriginSettings } from "../control/protocol.ts";

/** Everything the processes need to know, checked, with every default filled in. Plain JSON. */
export interface Settings {
  template: string;
  /** Which systems can show the names of the tree. */
  names: "linux" | "windows";
  /** Directories whose names differ by case alone are one. */
  foldCase: boolean;
  /** A listing of the root names the directories that begin with a dot. */
  showHidden: boolean;
  stateDir: string;
  cacheDir: string;
  socket: string;
  logLevel: LogLevel;
  origins: OriginSettings[];
  /** Cron expression of five fields; null when rescans are by hand alone. */
  schedule: string | null;
  /** By origin id, for those that have one of their own; null means by hand alone. */
  originSchedules: Record<string, string | null>;
  /** Share of an origin's files above which a removal is held, 0 to 1. */
  removalsHold: number;
  /** Globs of what is left out of origins, besides what always is (see `Exclusions`). */
  exclude: string[];
  /** Of text in tags that does not name its encoding: a label of TextDecoder. */
  tagEncoding: string;
  /** Stored content may take so much of the disk; what scanners of tags read has its own share. */
  cacheSizeBytes: number;
  metadataSizeBytes: number;
  /** What is shown in place of what origins say; null is what they say. */
  mount: MountOwnership;
}

export interface MountOwnership {
  /** Name or number of an account. */
  readonly owner: string | null;
  readonly group: string | null;
  /** Permission bits. */
  readonly fileMode: number | null;
  readonly dirMode: number | null;
}

export const DEFAULT_TEMPLATE = "$artist/$album ($year) [$format_upper]/$track - $title.$format";

/** Latin-1 as Windows has it: what old tags are in when nobody says otherwise. */
export const DEFAULT_TAG_ENCODING = "windows-1252";
