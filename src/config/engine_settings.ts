import { assert } from "../base/mod.ts";
import type { Settings } from "./settings.ts";

/** Name of the variable in which the mount hands the settings to its engine. */
export const ENGINE_SETTINGS_VARIABLE = "MUSICFS_ENGINE_SETTINGS";

export function engineSettingsFromEnvironment(): Settings {
  const text = Deno.env.get(ENGINE_SETTINGS_VARIABLE);
  assert(text !== undefined, `${ENGINE_SETTINGS_VARIABLE} is set by the mount`);
  Deno.env.delete(ENGINE_SETTINGS_VARIABLE);
  return JSON.parse(text);
}
