import { UserError } from "../../src/base/mod.ts";

/** A record is not what was written: flipped bits, a foreign file, or a fault of the program. */
export class LogCorrupt extends UserError {
  constructor(what: string, options: { cause?: unknown } = {}) {
    super(`Cannot read the event log: ${what}`, {
      hint:
        "Restore the state directory from a backup, or move it away to start over with a new scan; the music is not touched",
      cause: options.cause,
    });
  }
}

/** The log contains an event that this program does not know. */
export class LogFromNewerVersion extends UserError {
  constructor(what: string) {
    super(`Cannot use the event log: it was written by a newer MusicFS (${what})`, {
      hint:
        "Install the newest MusicFS, or name another directory with --state-dir; nothing was changed",
    });
  }
}

/** Another process appends to the log. Only one may. */
export class LogInUse extends UserError {
  constructor(holder: string) {
    super(`Cannot append to the event log: process ${holder || "unknown"} already does`, {
      hint: "Use `musicfs status` to see it, or name another directory with --state-dir",
    });
  }
}
