import { coloured } from "./colour.ts";
import { EXIT, type ExitCode, messageOf, UserError } from "./errors.ts";
import { writeLog } from "./log_sink.ts";
import { printable } from "./printable.ts";
import { asRefusal } from "./refusal.ts";

/**
 * Writes a failure to stderr and returns its exit code. A `UserError` shows its message, the lines in `shown` and its
 * hint; a fault of the program shows its stack too, for a bug report.
 */
export function reportFailure(failure: unknown, shown: readonly string[] = []): ExitCode {
  const error = asRefusal(failure);
  const lines = messageOf(error).split("\n");
  lines.push(...shown);
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
