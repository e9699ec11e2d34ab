import { assert, ENGINE_IDLE_MS } from "../base/mod.ts";

/**
 * What tests and measurements turn off or hurry, by environment variable. Users have no need of them, so they
 * are no settings.
 */
export interface Tuning {
  /** MUSICFS_PASSTHROUGH=off: every read goes through this process. */
  readonly passthrough: boolean;
  /** MUSICFS_WATCH=off: changes of origins are found by scans alone. */
  readonly watch: boolean;
}

export function tuningFromEnvironment(): Tuning {
  return {
    passthrough: Deno.env.get("MUSICFS_PASSTHROUGH") !== "off",
    watch: Deno.env.get("MUSICFS_WATCH") !== "off",
  };
}

/** MUSICFS_ENGINE_IDLE_MS: after how long without work the engine leaves. */
export function engineIdleMs(): number {
  const text = Deno.env.get("MUSICFS_ENGINE_IDLE_MS");
  if (text === undefined) return ENGINE_IDLE_MS;
  assert(/^\d+$/.test(text), "MUSICFS_ENGINE_IDLE_MS is a number of ms");
  return Number(text);
}
