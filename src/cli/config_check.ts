import { type ExitCode, plural } from "../base/mod.ts";
import { ConfigError } from "../config/mod.ts";
import type { Invocation } from "./context.ts";

/** `musicfs config check`: tells every problem at once, each with its line. */
export async function configCheck({ context }: Invocation): Promise<ExitCode | void> {
  try {
    const { file, settings } = await context.settings();
    context.output.print({ ok: true, file, problems: [] }, () => {
      const origins = plural(settings.origins.length, "origin");
      return file === null
        ? `No configuration file; every setting has its default (looked for ${context.locations.config})`
        : `${file} is fine: ${origins}`;
    });
  } catch (error) {
    if (!(error instanceof ConfigError) || !context.output.json) throw error;
    context.output.print(
      { ok: false, file: context.locations.config, problems: error.problems },
      () => "",
    );
    return error.exitCode;
  }
}
