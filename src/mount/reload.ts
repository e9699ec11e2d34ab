import { selfCommand } from "../base/mod.ts";
import { type MountOptions, RELOAD_VARIABLE } from "../config/mount_options.ts";
import type { Settings } from "../config/settings.ts";

/** Settings that a running mount can't change; the next mount takes them. */
const FIXED = [
  "stateDir",
  "cacheDir",
  "socket",
  "mount",
  "showHidden",
  "coverSources",
  "coverSizes",
  "listCoverSizes",
  "searchEnabled",
  "smartCollections",
] as const satisfies (keyof Settings)[];

/** What each setting is called in the configuration file, for messages. */
const NAMES: Readonly<Partial<Record<keyof Settings, string>>> = {
  stateDir: "state directory",
  cacheDir: "cache directory",
  socket: "control socket",
  mount: "mount",
  names: "tree.names",
  foldCase: "tree.fold_case",
  showHidden: "tree.show_hidden",
  coverSources: "artwork.sources",
  coverSizes: "artwork.sizes",
  listCoverSizes: "artwork.list_sizes",
  searchEnabled: "features.search_enabled",
  smartCollections: "features.smart_collections",
  exclude: "scan.exclude",
  tagEncoding: "tags.encoding",
  logLevel: "log level",
  schedule: "scan.schedule",
  originSchedules: "origins.schedule",
  removalsHold: "scan.removals_hold",
  cacheSizeBytes: "cache.size",
  metadataSizeBytes: "cache.metadata_size",
};

export interface Reloaded {
  /** The settings to use from now on: the new ones, but for those that a running mount can't change. */
  readonly settings: Settings;
  /** Names of the settings that changed. */
  readonly changed: readonly string[];
  /** Names of the settings that differ but can't change before the next mount. */
  readonly left: readonly string[];
}

/**
 * Has a process of its own read the configuration again, so that the mount does not load the parsers. Resolves with
 * null when the configuration can't be used; that process has told why on standard error.
 */
export async function readSettings({ mountpoint, reload }: MountOptions): Promise<Settings | null> {
  const [program, args] = selfCommand(["__settings"]);
  const { success, stdout } = await new Deno.Command(program, {
    args,
    env: { [RELOAD_VARIABLE]: JSON.stringify({ mountpoint, ...reload }) },
    cwd: "/",
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).output();
  return success ? JSON.parse(new TextDecoder().decode(stdout)) : null;
}

/** Tells which settings differ, and which of them a running mount can take over. */
export function compareSettings(before: Settings, after: Settings): Reloaded {
  const keys = Object.keys({ ...before, ...after }) as (keyof Settings)[];
  const differing = keys.filter((key) =>
    JSON.stringify(before[key]) !== JSON.stringify(after[key])
  );
  const isFixed = (key: keyof Settings) => (FIXED as readonly string[]).includes(key);
  const named = (key: keyof Settings) => NAMES[key] ?? key;
  const kept = Object.fromEntries(FIXED.map((key) => [key, before[key]]));
  return {
    settings: { ...after, ...kept },
    changed: differing.filter((key) => !isFixed(key)).map(named),
    left: differing.filter(isFixed).map(named),
  };
}
