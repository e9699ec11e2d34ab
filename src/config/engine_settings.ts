import { assert } from "../base/mod.ts";
import type { Settings } from "./settings.ts";

/** Environment variable in which the mount hands the settings to its engine. */
export const ENGINE_SETTINGS_VARIABLE = "MUSICFS_ENGINE_SETTINGS";

/** Environment variable in which the mount hands over the roots of origins whose password earlier engines saw refused. */
export const REFUSED_VARIABLE = "MUSICFS_REFUSED";

export function engineSettingsFromEnvironment(): Settings {
  const text = Deno.env.get(ENGINE_SETTINGS_VARIABLE);
  assert(text !== undefined, `${ENGINE_SETTINGS_VARIABLE} is set by the mount`);
  Deno.env.delete(ENGINE_SETTINGS_VARIABLE);
  return JSON.parse(text);
}

/** Roots of origins whose passwords were refused. */
export function refusedFromEnvironment(): string[] {
  const text = Deno.env.get(REFUSED_VARIABLE);
  Deno.env.delete(REFUSED_VARIABLE);
  return text === undefined ? [] : JSON.parse(text);
}
