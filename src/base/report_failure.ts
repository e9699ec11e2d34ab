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
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(lines.join("\n") + "\n"));
  } catch {
    // Nobody listens on stderr any more; the exit code still tells.
  }
  return error instanceof UserError ? error.exitCode : EXIT.failed;
}
