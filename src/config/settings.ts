import type { CoverSource } from "../../projections/tree/tree_types.ts";
import type { LogLevel } from "../base/mod.ts";
import type { OriginSettings } from "../control/protocol.ts";

/** Everything that the processes need to know, checked and with every default filled in. Plain JSON. */
export interface Settings {
  template: string;
  /** The systems that must be able to show the names of the tree. */
  names: "linux" | "windows";
  /** Whether directories whose names differ by case alone are one. */
  foldCase: boolean;
  /** Whether a listing of the root names the directories that begin with a dot. */
  showHidden: boolean;
  /** Where covers of albums come from, the preferred source first; none are shown when it is empty. */
  coverSources: CoverSource[];
  /** The sizes in which covers can be had besides their own: the longer side in pixels. */
  coverSizes: number[];
  /** Whether a listing of an album's directory names those. */
  listCoverSizes: boolean;
  /** Whether the library can be searched. */
  searchEnabled: boolean;
  /** Whether there are collections. */
  smartCollections: boolean;
  /** Trees of the user's own beside the tree. */
  views: ViewSettings[];
  stateDir: string;
  cacheDir: string;
  socket: string;
  logLevel: LogLevel;
  origins: OriginSettings[];
  /** Cron expression of five fields; null when only a person starts rescans. */
  schedule: string | null;
  /** Schedules of origins that have their own, by origin id; null as above. */
  originSchedules: Record<string, string | null>;
  /** The share of an origin's files (0 to 1) above which a removal is held. */
  removalsHold: number;
  /** Globs of paths that are left out of origins, besides those that always are (see `Exclusions`). */
  exclude: string[];
  /** The encoding of tags that do not name theirs: a label of TextDecoder. */
  tagEncoding: string;
  /** The bytes that stored content may take of the disk; what tag scanners read has a limit of its own. */
  cacheSizeBytes: number;
  metadataSizeBytes: number;
  /** Owners and permissions to show in place of the origins' own; null for the origins' own. */
  mount: MountOwnership;
}

/** A view: the tracks that a query matches, by a template of its own. */
export interface ViewSettings {
  /** The name of its directory. */
  readonly name: string;
  /** All tracks match when it is empty. */
  readonly match: string;
  readonly template: string;
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

/** Latin-1 as Windows has it: the usual encoding of old tags that do not name theirs. */
export const DEFAULT_TAG_ENCODING = "windows-1252";
