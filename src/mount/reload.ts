import { selfCommand } from "../base/mod.ts";
import { type MountOptions, RELOAD_VARIABLE } from "../config/mount_options.ts";
import type { Settings } from "../config/settings.ts";

/** What a running mount can't change: it would be another one. */
const FIXED = [
  "stateDir",
  "cacheDir",
  "socket",
  "mount",
  "showHidden",
] as const satisfies (keyof Settings)[];

/** Settings by the names that the configuration file has for them. */
const NAMES: Readonly<Partial<Record<keyof Settings, string>>> = {
  stateDir: "state directory",
  cacheDir: "cache directory",
  socket: "control socket",
  mount: "mount",
  names: "tree.names",
  foldCase: "tree.fold_case",
  showHidden: "tree.show_hidden",
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
  /** The new settings, but for what can't be changed. */
  readonly settings: Settings;
  /** Names of what is another now. */
  readonly changed: readonly string[];
  /** Names of what would be another after the next mount. */
  readonly left: readonly string[];
}

/** Has the configuration read again by a process of its own; null when it can't be used, which that process has told. */
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

/** What becomes of settings that were read again. */
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
