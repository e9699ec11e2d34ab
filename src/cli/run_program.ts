import { CommanderError } from "commander";
import { EXIT, type ExitCode, UserError } from "../base/mod.ts";
import { Output } from "./output.ts";
import { buildProgram } from "./program.ts";

/** Runs one command line by the whole grammar. Throws what is to be told as a failure. */
export async function runProgram(args: readonly string[], json: boolean): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
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
      if (error.exitCode !== 0) {
        if (json) throw missingCommand();
        return EXIT.usage;
      }
      if (json) new Output(true).print({ help }, () => help);
      return EXIT.done;
    }
    throw error instanceof CommanderError ? usageError(error) : error;
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
