/**
 * Where messages go: to stderr, in the form that whoever reads it understands. The journal gets the severity in
 * front of each line, and has times itself. A daemon writes to a log file that it puts aside when it has grown.
 *
 * @module
 */

/** Name of the variable in which a daemon is told that its stderr is this file, which may be put aside. */
export const LOG_FILE_VARIABLE = "MUSICFS_LOG_FILE";

/** A log file that is larger is put aside, ... */
const LOG_BYTES_MAX = 4 * 1024 * 1024;
/** ... and so many of those are kept. */
const LOGS_KEPT = 3;

/** Severities of syslog(3), as sd-daemon(3) has them in front of a line. */
export type Severity = 3 | 4 | 6 | 7;

const encoder = new TextEncoder();

/** Writes lines, each with its severity where that is understood. Never fails: there is no better place to say so. */
export function writeLog(severity: Severity, lines: readonly string[]): void {
  const prefix = isJournal() ? `<${severity}>` : "";
  const bytes = encoder.encode(lines.map((line) => `${prefix}${line}\n`).join(""));
  const path = Deno.env.get(LOG_FILE_VARIABLE);
  try {
    if (path === undefined) Deno.stderr.writeSync(bytes);
    else appendToLog(path, bytes);
  } catch {
    // Nobody listens on stderr any more.
  }
}

/** Whether stderr is the journal (systemd.exec(5), JOURNAL_STREAM): it may have been redirected since. */
export function isJournal(): boolean {
  return journal ??= isStream("/proc/self/fd/2", Deno.env.get("JOURNAL_STREAM"));
}

let journal: boolean | undefined;

function isStream(path: string, named: string | undefined): boolean {
  if (named === undefined) return false;
  try {
    const { dev, ino } = Deno.statSync(path);
    return named === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

/**
 * Appends to a log file, of which mount and engine write one. Each opens it anew, so that a file that the other has
 * put aside gets no more lines; messages are rare.
 */
export function appendToLog(path: string, bytes: Uint8Array, bytesMax = LOG_BYTES_MAX): void {
  using file = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
  const { size, ino } = file.statSync();
  // Of two that find it large, the second puts aside what is another file by then: it looks once more.
  if (size >= bytesMax && Deno.statSync(path).ino === ino) {
    putAside(path);
    using next = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
    next.writeSync(bytes);
    return;
  }
  file.writeSync(bytes);
}

function putAside(path: string): void {
  for (let number = LOGS_KEPT; number > 0; number--) {
    try {
      Deno.renameSync(number === 1 ? path : `${path}.${number - 1}`, `${path}.${number}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
