import {
  assert,
  BUILD_WAIT_MS,
  CALL_DEADLINE_MS,
  ENGINE_IDLE_MS,
  HEALTH_CHECK_MS,
  READ_DEADLINE_MS,
  UNANSWERED_RETRY_LOCAL,
} from "../base/mod.ts";

/**
 * What tests and measurements turn off or shorten, by environment variable. Users don't need these, so they are no
 * settings.
 */
export interface Tuning {
  /** MUSICFS_PASSTHROUGH=off sends every read through this process. */
  readonly passthrough: boolean;
  /** MUSICFS_WATCH=off leaves it to scans to find changes of origins. */
  readonly watch: boolean;
  /** MUSICFS_BUILD_WAIT_MS: how long a mount waits for a library that is being built. */
  readonly buildWaitMs: number;
  /** MUSICFS_FUSE_MINOR makes the mount speak protocol 7.N at most with the kernel; undefined means the newest. */
  readonly fuseMinor: number | undefined;
  /** MUSICFS_READ_DEADLINE_MS: deadline of an open or a read in the mount, and of an answer from a local disk. */
  readonly readDeadlineMs: number;
}

export function tuningFromEnvironment(): Tuning {
  return {
    passthrough: Deno.env.get("MUSICFS_PASSTHROUGH") !== "off",
    watch: Deno.env.get("MUSICFS_WATCH") !== "off",
    buildWaitMs: milliseconds("MUSICFS_BUILD_WAIT_MS", BUILD_WAIT_MS),
    fuseMinor: Number(Deno.env.get("MUSICFS_FUSE_MINOR")) || undefined,
    readDeadlineMs: milliseconds("MUSICFS_READ_DEADLINE_MS", READ_DEADLINE_MS),
  };
}

/** MUSICFS_ENGINE_IDLE_MS: how long the engine stays without work before it ends. */
export function engineIdleMs(): number {
  return milliseconds("MUSICFS_ENGINE_IDLE_MS", ENGINE_IDLE_MS);
}

/** MUSICFS_DEADLINE_MS: deadline of one answer from a remote origin. */
export function callDeadlineMs(): number {
  return milliseconds("MUSICFS_DEADLINE_MS", CALL_DEADLINE_MS);
}

/** MUSICFS_HEALTH_CHECK_MS: how often remote origins are asked whether they are reachable. */
export function healthCheckMs(): number {
  return milliseconds("MUSICFS_HEALTH_CHECK_MS", HEALTH_CHECK_MS);
}

/** MUSICFS_RETRY_MS: how soon a file on a local disk that could not be read is tried again. */
export function retryMs(): number {
  return milliseconds("MUSICFS_RETRY_MS", UNANSWERED_RETRY_LOCAL.shortestMs);
}

function milliseconds(name: string, otherwise: number): number {
  const text = Deno.env.get(name);
  if (text === undefined) return otherwise;
  assert(/^\d+$/.test(text), `${name} is a number of ms`);
  return Number(text);
}
