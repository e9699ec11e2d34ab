import { assert } from "../base/mod.ts";
import type { Settings } from "./settings.ts";

/** What `musicfs mount` hands over to the process that it becomes. Plain JSON. */
export interface MountOptions {
  /** Absolute, without symbolic links in the directories above it. */
  readonly mountpoint: string;
  readonly settings: Settings;
  /** Other users may look into the mount. */
  readonly allowOther: boolean;
  /** Start with a rescan of every origin. */
  readonly scan: boolean;
  /** The process has no terminal: its stderr is a log file. */
  readonly daemon: boolean;
  /** When the command was entered, ms since the epoch: start of `mounted_in_ms`. */
  readonly startedAt: number;
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
