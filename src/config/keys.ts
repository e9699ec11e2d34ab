import type { CoverSource } from "../../projections/tree/tree_types.ts";
import { REMOVALS_HOLD_DEFAULT } from "../base/mod.ts";
import { DEFAULT_TAG_ENCODING, DEFAULT_TEMPLATE } from "./settings.ts";

/** The settings that are single values, by their keys in the file. */
export interface KeyValues {
  "template": string;
  "tree.names": "linux" | "windows";
  "tree.fold_case": boolean;
  "tree.show_hidden": boolean;
  /** The preferred source first; empty for "off". */
  "artwork.sources": CoverSource[];
  /** The longer side in pixels; empty for "off". */
  "artwork.sizes": number[];
  "artwork.list_sizes": boolean;
  "features.search_enabled": boolean;
  "features.smart_collections": boolean;
  /** Bytes. */
  "cache.size": number;
  "cache.metadata_size": number;
  /** Cron expression, null for "off". */
  "scan.schedule": string | null;
  "scan.removals_hold": number;
  "scan.exclude": string[];
  /** An encoding label of TextDecoder. */
  "tags.encoding": string;
  /** Name or number of the account that owns all files shown; null for the owner on the origin. */
  "mount.owner": string | null;
  "mount.group": string | null;
  /** Permission bits; null for those on the origin. */
  "mount.file_mode": number | null;
  "mount.dir_mode": number | null;
}

export type Key = keyof KeyValues;

/** The environment variable and the default value of each key. */
export const KEYS: {
  readonly [Name in Key]: { readonly variable: string; readonly defaultValue: KeyValues[Name] };
} = {
  "template": { variable: "MUSICFS_TEMPLATE", defaultValue: DEFAULT_TEMPLATE },
  "tree.names": { variable: "MUSICFS_TREE_NAMES", defaultValue: "linux" },
  "tree.fold_case": { variable: "MUSICFS_TREE_FOLD_CASE", defaultValue: true },
  "tree.show_hidden": { variable: "MUSICFS_TREE_SHOW_HIDDEN", defaultValue: false },
  "artwork.sources": {
    variable: "MUSICFS_ARTWORK_SOURCES",
    defaultValue: ["files", "embedded"],
  },
  "artwork.sizes": { variable: "MUSICFS_ARTWORK_SIZES", defaultValue: [600, 300, 150] },
  "artwork.list_sizes": { variable: "MUSICFS_ARTWORK_LIST_SIZES", defaultValue: false },
  "features.search_enabled": { variable: "MUSICFS_SEARCH_ENABLED", defaultValue: true },
  "features.smart_collections": { variable: "MUSICFS_SMART_COLLECTIONS", defaultValue: true },
  "cache.size": { variable: "MUSICFS_CACHE_SIZE", defaultValue: 10_000_000_000 },
  "cache.metadata_size": { variable: "MUSICFS_CACHE_METADATA_SIZE", defaultValue: 100_000_000 },
  "scan.schedule": { variable: "MUSICFS_SCAN_SCHEDULE", defaultValue: "0 4 * * *" },
  "scan.removals_hold": {
    variable: "MUSICFS_SCAN_REMOVALS_HOLD",
    defaultValue: REMOVALS_HOLD_DEFAULT,
  },
  "scan.exclude": { variable: "MUSICFS_SCAN_EXCLUDE", defaultValue: [] },
  "tags.encoding": { variable: "MUSICFS_TAGS_ENCODING", defaultValue: DEFAULT_TAG_ENCODING },
  "mount.owner": { variable: "MUSICFS_MOUNT_OWNER", defaultValue: null },
  "mount.group": { variable: "MUSICFS_MOUNT_GROUP", defaultValue: null },
  "mount.file_mode": { variable: "MUSICFS_MOUNT_FILE_MODE", defaultValue: null },
  "mount.dir_mode": { variable: "MUSICFS_MOUNT_DIR_MODE", defaultValue: null },
};
