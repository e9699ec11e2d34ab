/**
 * From flags, environment and file to settings that are whole and checked.
 *
 * A flag beats the environment, the environment beats the file, and every key has a default, so that a
 * first user needs no file at all. Two questions are kept apart: *where things are* (`resolveLocations`)
 * needs no file and no parser, so that a broken file never hides a log or keeps a mount from being undone;
 * *how the library is to be* (`loadSettings`) reads everything and loads the parsers for it.
 *
 * Whatever can't be used is an error with the exit code for wrong configuration. It names the key, the line,
 * what was expected, and what was probably meant. Nothing is ignored and nothing is guessed.
 *
 * @module
 */
import type { LoadedSettings, SettingsFlags } from "./load_settings.ts";
import type { Surroundings } from "./locations.ts";

export type { LoadedSettings, SettingsFlags } from "./load_settings.ts";
export {
  type LocationFlags,
  type Locations,
  resolveLocations,
  type Source,
  type Surroundings,
} from "./locations.ts";
export {
  encodeMountOptions,
  MOUNT_OPTIONS_VARIABLE,
  type MountOptions,
  mountOptionsFromEnvironment,
  type Reload,
  reloadFromEnvironment,
} from "./mount_options.ts";
export {
  cacheLogDirectory,
  cachePlaces,
  chunksDirectory,
  libraryDirectory,
  storedDirectory,
} from "./places.ts";
export { ConfigError, type ConfigProblem } from "./problem.ts";
export { DEFAULT_TEMPLATE, type MountOwnership, type Settings } from "./settings.ts";

/**
 * See `load_settings.ts`, which is loaded at the first call: a command that asks only where things are loads no
 * parser.
 */
export async function loadSettings(
  flags: SettingsFlags,
  surroundings: Surroundings,
): Promise<LoadedSettings> {
  const module = await import("./load_settings.ts");
  return await module.loadSettings(flags, surroundings);
}
