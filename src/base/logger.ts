/**
 * Messages for people, on stderr, one line each. Both processes use it; the engine's lines travel through
 * its stderr, which the mount passes on. Levels are those of `--log-level`.
 *
 * @module
 */

export const LOG_LEVELS = ["error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Logger {
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
  trace(message: string): void;
}

/** A logger that writes `level source: message` for everything at `level` or more severe. */
export function createLogger(source: string, level: LogLevel): Logger {
  const most = LOG_LEVELS.indexOf(level);
  const encoder = new TextEncoder();
  // A progress line may stand there, of whichever process: it is written anew after the message.
  const clear = Deno.stderr.isTerminal() ? "\r\x1b[K" : "";
  const at = (name: LogLevel) => {
    if (LOG_LEVELS.indexOf(name) > most) return () => {};
    return (message: string) => {
      const line = encoder.encode(
        `${clear}musicfs ${source} ${name}: ${message.replaceAll("\n", "\\n")}\n`,
      );
      try {
        Deno.stderr.writeSync(line);
      } catch {
        // Nobody listens on stderr any more; there is no better place to say so.
      }
    };
  };
  return {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: at("debug"),
    trace: at("trace"),
  };
}
