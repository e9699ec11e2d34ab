/**
 * The command line: what a person or a script says to MusicFS.
 *
 * `program.ts` holds the grammar, one file a command holds what it does; a command is loaded when it is
 * entered. Commands that only look (`events list`, `origin list`, `track show`) read the log and the
 * projections themselves, so they work with no daemon running; those that change something or ask about the
 * running mount speak to it over the control socket.
 *
 * stdout carries the answer and nothing else, with `--json` as one document; a failure there is
 * `{"error": {"message", "hint", "exit_code"}}`. Where a text that was entered can't be read (a query), `at` is the
 * number of characters before the place, and `expected` what should stand there. Exit codes are those of `EXIT`.
 *
 * @module
 */
import { asRefusal, EXIT, type ExitCode, reportFailure, UserError } from "../base/mod.ts";
import { readMountLine } from "./mount_line.ts";
import { Output } from "./output.ts";

/** `__settings`: see `reload_settings.ts`. */
export async function reloadSettings(): Promise<ExitCode> {
  const module = await import(
    import.meta.resolve("./reload_settings.ts")
  ) as typeof import("./reload_settings.ts");
  return await module.reloadSettings();
}

/** Runs one command line to its end and returns the exit code of the process. */
export async function runCommandLine(args: readonly string[]): Promise<ExitCode> {
  const json = args.includes("--json");
  try {
    const line = readMountLine(args);
    if (line !== undefined) {
      const { mountHere } = await import("./mount.ts");
      return await mountHere(line) ?? EXIT.done;
    }
    // By this spelling Deno does not read the commands at every start, only here.
    const { runProgram } = await import(
      import.meta.resolve("./run_program.ts")
    ) as typeof import("./run_program.ts");
    return await runProgram(args, json);
  } catch (error) {
    return await fail(error, json);
  }
}

async function fail(failure: unknown, json: boolean): Promise<ExitCode> {
  const error = asRefusal(failure);
  const { message, hint, place } = error instanceof UserError
    ? error
    : { message: String(error), hint: undefined, place: undefined };
  const shown = place && await (await import("./place_lines.ts")).placeLines(place);
  const code = reportFailure(error, shown);
  if (json) {
    const at = place && { at: place.at, expected: place.expected };
    new Output(true).print(
      { error: { message, hint: hint ?? null, exit_code: code, ...at } },
      () => "",
    );
  }
  return code;
}
