/** Settings and problems of a configuration file that a test has as a text. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../src/base/mod.ts";
import {
  type LoadedSettings,
  loadSettings,
  type SettingsFlags,
} from "../../src/config/load_settings.ts";
import { ConfigError } from "../../src/config/problem.ts";

export const HOME = "/home/ada";
export const UNLIMITED = { bandwidth: null, dailyBudget: null };

/** Loads settings with a configuration file of this text. The environment holds only what the test names. */
export async function load(
  text: string | undefined,
  options: { flags?: SettingsFlags; environment?: Record<string, string> } = {},
): Promise<LoadedSettings> {
  const directory = Deno.makeTempDirSync({ prefix: "musicfs-config-" });
  try {
    const config = join(directory, "config.toml");
    if (text !== undefined) Deno.writeTextFileSync(config, text);
    return await loadSettings(
      { ...(text === undefined ? {} : { config }), ...options.flags },
      { environment: { HOME, ...options.environment }, workingDirectory: "/work" },
    );
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

/** Line, key and message of every problem in a file of this text. */
export async function problems(
  text: string,
): Promise<[number | null, string | null, string][]> {
  try {
    await load(text);
  } catch (error) {
    assert(error instanceof ConfigError, String(error));
    assert.equal(error.exitCode, 2);
    return error.problems.map(({ line, key, message }) => [line, key, message]);
  }
  return [];
}

export async function message(options: Parameters<typeof load>[1]): Promise<string> {
  try {
    await load(undefined, options);
  } catch (error) {
    assert(error instanceof UserError, String(error));
    assert.equal(error.exitCode, 2);
    return error.message;
  }
  assert.fail("expected a UserError");
}
