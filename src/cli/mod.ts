/**
 * The command line: what a person or a script says to MusicFS.
 *
 * `program.ts` holds the grammar, one file a command holds what it does; a command is loaded when it is
 * entered. Commands that only look (`events list`, `origin list`, `track show`) read the log and the
 * projections themselves, so they work with no daemon running; those that change something or ask about the
 * running mount speak to it over the control socket.
 *
 * stdout carries the answer and nothing else, with `--json` as one document; a failure there is
 * `{"error": {"message", "hint", "exit_code"}}`. Exit codes are those of `EXIT`.
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
    return fail(error, json);
  }
}

function fail(failure: unknown, json: boolean): ExitCode {
  const error = asRefusal(failure);
  const code = reportFailure(error);
  if (json) {
    const { message, hint } = error instanceof UserError
      ? error
      : { message: String(error), hint: undefined };
    new Output(true).print(
      { error: { message, hint: hint ?? null, exit_code: code } },
      () => "",
    );
  }
  return code;
}
