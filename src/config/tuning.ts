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
 * What tests and measurements turn off or hurry, by environment variable. Users have no need of them, so they
 * are no settings.
 */
export interface Tuning {
  /** MUSICFS_PASSTHROUGH=off: every read goes through this process. */
  readonly passthrough: boolean;
  /** MUSICFS_WATCH=off: changes of origins are found by scans alone. */
  readonly watch: boolean;
  /** MUSICFS_BUILD_WAIT_MS: how long a library that is being built is waited for before it is mounted. */
  readonly buildWaitMs: number;
  /** MUSICFS_FUSE_MINOR: the kernel is spoken to as one that knows no newer protocol than 7.N; undefined for as it is. */
  readonly fuseMinor: number | undefined;
  /** MUSICFS_READ_DEADLINE_MS: how long an open or a read of the mount, and an answer of a local disk, are waited for. */
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

/** MUSICFS_ENGINE_IDLE_MS: after how long without work the engine leaves. */
export function engineIdleMs(): number {
  return milliseconds("MUSICFS_ENGINE_IDLE_MS", ENGINE_IDLE_MS);
}

/** MUSICFS_DEADLINE_MS: how long one answer of a remote origin is awaited. */
export function callDeadlineMs(): number {
  return milliseconds("MUSICFS_DEADLINE_MS", CALL_DEADLINE_MS);
}

/** MUSICFS_HEALTH_CHECK_MS: how often remote origins are asked whether they are there. */
export function healthCheckMs(): number {
  return milliseconds("MUSICFS_HEALTH_CHECK_MS", HEALTH_CHECK_MS);
}

/** MUSICFS_RETRY_MS: how soon what could not be read on a disk of this machine is tried again. */
export function retryMs(): number {
  return milliseconds("MUSICFS_RETRY_MS", UNANSWERED_RETRY_LOCAL.shortestMs);
}

function milliseconds(name: string, otherwise: number): number {
  const text = Deno.env.get(name);
  if (text === undefined) return otherwise;
  assert(/^\d+$/.test(text), `${name} is a number of ms`);
  return Number(text);
}
