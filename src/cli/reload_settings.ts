import { EXIT, type ExitCode } from "../base/mod.ts";
import { loadSettings, reloadFromEnvironment } from "../config/mod.ts";
import { checkOverlaps } from "./mount_preflight.ts";

/**
 * `__settings`: reads the configuration for a mount, which has no parsers itself, and prints the settings as one JSON
 * document. Throws ConfigError and UserError as `mount` does.
 */
export async function reloadSettings(): Promise<ExitCode> {
  const { mountpoint, flags, workingDirectory } = reloadFromEnvironment();
  const surroundings = { environment: Deno.env.toObject(), workingDirectory };
  const { settings } = await loadSettings(flags, surroundings);
  await checkOverlaps(mountpoint, settings);
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(settings)));
  return EXIT.done;
}
