import { assert, type ShownOwnership } from "../base/mod.ts";
import type { LocationFlags } from "./locations.ts";
import type { Settings } from "./settings.ts";

/** What `musicfs mount` hands over to the process that it becomes. Plain JSON. */
export interface MountOptions {
  /** Absolute, without symbolic links in the directories above it. */
  readonly mountpoint: string;
  readonly settings: Settings;
  /** Other users may look into the mount. */
  readonly allowOther: boolean;
  /** Whose files are shown to be, and with which permission bits, where origins don't decide. */
  readonly shown: ShownOwnership;
  /** Start with a rescan of every origin. */
  readonly scan: boolean;
  /** The process has no terminal: its stderr is a log file. */
  readonly daemon: boolean;
  /** How the settings came about, to read them again. */
  readonly reload: Reload;
  /** When the command was entered, ms since the epoch: start of `mounted_in_ms`. */
  readonly startedAt: number;
}

/** What settings are read from, besides the environment. Plain JSON. */
export interface Reload {
  readonly flags: LocationFlags & {
    readonly template?: string | undefined;
    readonly origins?: readonly string[] | undefined;
  };
  /** Where relative paths start. */
  readonly workingDirectory: string;
}

/** Name of the variable in which a mount tells what it wants read again. */
export const RELOAD_VARIABLE = "MUSICFS_RELOAD";

/** For which mount settings are to be read again, and from what. */
export function reloadFromEnvironment(): Reload & Pick<MountOptions, "mountpoint"> {
  const text = Deno.env.get(RELOAD_VARIABLE);
  assert(text !== undefined, `${RELOAD_VARIABLE} is set by the mount`);
  Deno.env.delete(RELOAD_VARIABLE);
  return JSON.parse(text);
}

/**
 * Name of the variable that carries the options over the exec. A variable and not an argument, so that `ps`
 * shows a line that people can read.
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
