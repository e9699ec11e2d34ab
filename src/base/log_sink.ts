/**
 * Writes messages to stderr in the form that its reader understands. The journal gets a severity before each line and
 * adds times itself. A daemon's stderr is a log file, which is put aside once it has grown.
 *
 * @module
 */

/** Environment variable that tells a daemon which log file its stderr is, so that it can put the file aside. */
export const LOG_FILE_VARIABLE = "MUSICFS_LOG_FILE";

/** A log file above this size is put aside, ... */
const LOG_BYTES_MAX = 4 * 1024 * 1024;
/** ... and this many old ones are kept. */
const LOGS_KEPT = 3;

/** Severities of syslog(3), as sd-daemon(3) puts them before a line. */
export type Severity = 3 | 4 | 6 | 7;

const encoder = new TextEncoder();

/**
 * Writes lines, each with its severity when the reader understands it. Never fails: there is no better place to
 * report that.
 */
export function writeLog(severity: Severity, lines: readonly string[]): void {
  const prefix = isJournal() ? `<${severity}>` : "";
  const bytes = encoder.encode(lines.map((line) => `${prefix}${line}\n`).join(""));
  const path = Deno.env.get(LOG_FILE_VARIABLE);
  try {
    if (path === undefined) Deno.stderr.writeSync(bytes);
    else appendToLog(path, bytes);
  } catch {
    // Nobody reads stderr any more.
  }
}

/**
 * Whether stderr is the journal. JOURNAL_STREAM (systemd.exec(5)) alone does not say so, since stderr may have been
 * redirected later.
 */
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
 * Appends to a log file that mount and engine share. Each call opens the file anew, so that a file which the other
 * process has put aside gets no more lines. Messages are rare, so this is cheap enough.
 */
export function appendToLog(path: string, bytes: Uint8Array, bytesMax = LOG_BYTES_MAX): void {
  using file = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
  const { size, ino } = file.statSync();
  // When both processes find the file too large, the second one looks at the path again here and leaves the new file
  // alone.
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
