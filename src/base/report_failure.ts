import { coloured } from "./colour.ts";
import { EXIT, type ExitCode, messageOf, UserError } from "./errors.ts";
import { writeLog } from "./log_sink.ts";
import { printable } from "./printable.ts";
import { asRefusal } from "./refusal.ts";

/**
 * Tells a failure on stderr and returns the exit code that goes with it: message and hint of a `UserError`
 * as they stand; for a fault of the program the stack too, since whoever reports it needs it.
 */
export function reportFailure(failure: unknown): ExitCode {
  const error = asRefusal(failure);
  const lines = messageOf(error).split("\n");
  if (error instanceof UserError) {
    if (error.hint !== undefined) lines.push(...`hint: ${error.hint}`.split("\n"));
  } else if (error instanceof Error && error.stack !== undefined) {
    lines.push("This is a fault of MusicFS; please report it with these lines:");
    lines.push(...error.stack.split("\n"));
  }
  const [first = "", ...rest] = lines.map(printable);
  writeLog(3, [`${coloured(Deno.stderr, "red", "musicfs:")} ${first}`, ...rest]);
  return error instanceof UserError ? error.exitCode : EXIT.failed;
}
