/**
 * Messages for people, on stderr, one line each. Both processes use it; the engine's lines travel through
 * its stderr, which the mount passes on. Levels are those of `--log-level`.
 *
 * @module
 */
import { isJournal, type Severity, writeLog } from "./log_sink.ts";
import { printable } from "./printable.ts";
import { timeText } from "./units.ts";

export const LOG_LEVELS = ["error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const SEVERITY: Readonly<Record<LogLevel, Severity>> = {
  error: 3,
  warn: 4,
  info: 6,
  debug: 7,
  trace: 7,
};

export interface Logger {
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
  trace(message: string): void;
}

export interface LoggerOptions {
  /** False for commands: a person sits there and needs no times. */
  readonly times?: boolean;
}

/**
 * A logger that writes `time musicfs source level: message` for everything at `level` or more severe. The level may
 * change while it is in use.
 */
export function createLogger(
  source: string,
  level: LogLevel | (() => LogLevel),
  { times = true }: LoggerOptions = {},
): Logger {
  const most = typeof level === "string" ? () => level : level;
  // On a terminal a progress line of either process may stand here. It is erased, and drawn anew after the message.
  const clear = Deno.stderr.isTerminal() ? "\r\x1b[K" : "";
  const at = (name: LogLevel) => (message: string) => {
    if (LOG_LEVELS.indexOf(name) > LOG_LEVELS.indexOf(most())) return;
    const time = times && !isJournal() ? `${timeText(Date.now())} ` : "";
    const line = `${clear}${time}musicfs ${source} ${name}: ${printable(message)}`;
    writeLog(SEVERITY[name], [line]);
  };
  return {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: at("debug"),
    trace: at("trace"),
  };
}
