import { printable } from "./printable.ts";
import { writeLog } from "./log_sink.ts";
import { EXIT, type ExitCode, messageOf, UserError } from "./errors.ts";

/**
 * Tells a failure on stderr and returns the exit code that goes with it: message and hint of a `UserError`
 * as they stand; for a fault of the program the stack too, since whoever reports it needs it.
 */
export function reportFailure(error: unknown): ExitCode {
  const lines = [`musicfs: ${messageOf(error)}`];
  if (error instanceof UserError) {
    if (error.hint !== undefined) lines.push(`hint: ${error.hint}`);
  } else if (error instanceof Error && error.stack !== undefined) {
    lines.push("This is a fault of MusicFS; please report it with these lines:", error.stack);
  }
  writeLog(3, lines.join("\n").split("\n").map(printable));
  return error instanceof UserError ? error.exitCode : EXIT.failed;
}
