import { assert, type ShownOwnership } from "../base/mod.ts";
import type { LocationFlags } from "./locations.ts";
import type { Settings } from "./settings.ts";

/** What `musicfs mount` hands to the process that it becomes. Plain JSON. */
export interface MountOptions {
  /** Absolute, without symbolic links in the directories above it. */
  readonly mountpoint: string;
  readonly settings: Settings;
  /** Whether other users may look into the mount. */
  readonly allowOther: boolean;
  /** Owner, group and permission bits to show in place of the origins' own. */
  readonly shown: ShownOwnership;
  /** Whether to begin with a rescan of every origin. */
  readonly scan: boolean;
  /** Whether the process has no terminal; its stderr is a log file then. */
  readonly daemon: boolean;
  /** What the settings were read from, so that they can be read again. */
  readonly reload: Reload;
  /** When the command was entered, ms since the epoch: `mounted_in_ms` counts from here. */
  readonly startedAt: number;
}

/** What the settings are read from, besides the environment. Plain JSON. */
export interface Reload {
  readonly flags: LocationFlags & {
    readonly template?: string | undefined;
    readonly origins?: readonly string[] | undefined;
  };
  /** The directory from which relative paths start. */
  readonly workingDirectory: string;
}

/** Environment variable in which a mount hands over what its settings are to be read again from. */
export const RELOAD_VARIABLE = "MUSICFS_RELOAD";

/** What the settings are to be read again from, and the mount point that they are for. */
export function reloadFromEnvironment(): Reload & Pick<MountOptions, "mountpoint"> {
  const text = Deno.env.get(RELOAD_VARIABLE);
  assert(text !== undefined, `${RELOAD_VARIABLE} is set by the mount`);
  Deno.env.delete(RELOAD_VARIABLE);
  return JSON.parse(text);
}

/**
 * Environment variable that carries the options over the exec. An argument would make the line that `ps` shows
 * unreadable.
 */
export const MOUNT_OPTIONS_VARIABLE = "MUSICFS_MOUNT_OPTIONS";

export function encodeMountOptions(options: MountOptions): string {
  return JSON.stringify(options);
}

/** Takes the options out of the environment, so that no child of the mount sees them. */
export function mountOptionsFromEnvironment(): MountOptions {
  const text = Deno.env.get(MOUNT_OPTIONS_VARIABLE);
  assert(text !== undefined, `${MOUNT_OPTIONS_VARIABLE} is set by the command line`);
  Deno.env.delete(MOUNT_OPTIONS_VARIABLE);
  return JSON.parse(text);
}
