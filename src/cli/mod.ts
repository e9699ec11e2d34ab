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
import { CommanderError } from "commander";
import { asRefusal, EXIT, type ExitCode, reportFailure, UserError } from "../base/mod.ts";
import { Output } from "./output.ts";
import { buildProgram } from "./program.ts";

export { reloadSettings } from "./reload_settings.ts";

/** Runs one command line to its end and returns the exit code of the process. */
export async function runCommandLine(args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  const json = args.includes("--json");
  let help = "";
  const program = buildProgram(
    (finished) => code = finished,
    json ? (text) => help += text : undefined,
  );
  try {
    // People try `--version` first with a program that they don't know.
    const words = args[0] === "--version" ? ["version", ...args.slice(1)] : [...args];
    await program.parseAsync(words, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && isHelp(error)) {
      if (error.exitCode !== 0) return json ? fail(missingCommand(), json) : EXIT.usage;
      if (json) new Output(true).print({ help }, () => help);
      return EXIT.done;
    }
    const failure = error instanceof CommanderError ? usageError(error) : error;
    return fail(failure, json);
  }
}

/** Whether Commander threw because it showed help: asked for (exit code 0), or because a command was missing (not 0). */
function isHelp(error: CommanderError): boolean {
  return ["commander.help", "commander.helpDisplayed"].includes(error.code);
}

function missingCommand(): UserError {
  return new UserError("A command is missing", {
    exitCode: EXIT.usage,
    hint: "musicfs help shows what there is",
  });
}

/**
 * Turns "error: unknown option '--jsn'
 * (Did you mean --json?)" into a message and a hint in our own words.
 */
function usageError(error: CommanderError): UserError {
  const [message = "", meant] = error.message.replace(/^error: /, "").split("\n");
  const hint = meant?.replace(/^\(Did you mean (.*)\?\)$/, "did you mean $1?") ??
    "musicfs help shows what there is";
  return new UserError(message.charAt(0).toUpperCase() + message.slice(1).replace(/\.$/, ""), {
    exitCode: EXIT.usage,
    hint,
  });
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
