import { join } from "node:path";
import { closest, EXIT, LOG_LEVELS, type LogLevel, UserError } from "../base/mod.ts";
import { type Environment, expandPath, hasHome, xdgDirectory } from "./expand_path.ts";

/** The longest path a Unix socket may have: `sun_path` holds 108 bytes with the NUL. */
const SOCKET_PATH_BYTES_MAX = 107;

/** The configuration of users without a home directory, such as a system unit. */
const SYSTEM_CONFIG = "/etc/musicfs/config.toml";

/** Flags that every command takes. */
export interface LocationFlags {
  readonly config?: string | undefined;
  readonly stateDir?: string | undefined;
  readonly cacheDir?: string | undefined;
  readonly socket?: string | undefined;
  readonly logLevel?: string | undefined;
}

/** Where a setting came from. */
export type Source = "flag" | "environment" | "file" | "default";

/** Where MusicFS keeps its files. None of this stands in the configuration file, so a broken file hides nothing. */
export interface Locations {
  readonly config: string;
  readonly stateDir: string;
  readonly cacheDir: string;
  readonly socket: string;
  readonly logLevel: LogLevel;
  readonly sources: Readonly<Record<keyof LocationFlags, Source>>;
}

/** What a command gets besides its flags: the environment, and the directory from which relative paths start. */
export interface Surroundings {
  readonly environment: Environment;
  readonly workingDirectory: string;
}

/**
 * Finds the files and directories of this run: by flag, else by environment variable, else by the XDG rules. Throws
 * UserError.
 */
export function resolveLocations(flags: LocationFlags, surroundings: Surroundings): Locations {
  const { environment } = surroundings;
  const sources: Record<keyof LocationFlags, Source> = {
    config: "default",
    stateDir: "default",
    cacheDir: "default",
    socket: "default",
    logLevel: "default",
  };
  const named = (flag: keyof LocationFlags, variable: string): string | undefined => {
    const value = flags[flag] ?? nonEmpty(environment[variable]);
    if (value !== undefined) sources[flag] = flags[flag] !== undefined ? "flag" : "environment";
    return value;
  };
  const path = (flag: keyof LocationFlags, variable: string, fallback: () => string): string => {
    const value = named(flag, variable);
    if (value === undefined) return fallback();
    return expandPath(value, surroundings.workingDirectory, environment);
  };

  const config = path(
    "config",
    "MUSICFS_CONFIG",
    () =>
      hasHome(environment) || environment["XDG_CONFIG_HOME"]
        ? join(xdgDirectory(environment, "XDG_CONFIG_HOME", ".config"), "musicfs/config.toml")
        : SYSTEM_CONFIG,
  );
  const stateDir = path(
    "stateDir",
    "MUSICFS_STATE_DIR",
    () => join(xdgDirectory(environment, "XDG_STATE_HOME", ".local/state"), "musicfs"),
  );
  const cacheDir = path(
    "cacheDir",
    "MUSICFS_CACHE_DIR",
    () => join(xdgDirectory(environment, "XDG_CACHE_HOME", ".cache"), "musicfs"),
  );
  const socket = path("socket", "MUSICFS_SOCKET", () => {
    const runtime = environment["XDG_RUNTIME_DIR"];
    return runtime?.startsWith("/")
      ? join(runtime, "musicfs.sock")
      : join(stateDir, "musicfs.sock");
  });
  checkSocket(socket);
  const logLevel = checkLogLevel(
    named("logLevel", "MUSICFS_LOG_LEVEL") ?? "info",
    sources.logLevel,
  );
  return { config, stateDir, cacheDir, socket, logLevel, sources };
}

function checkSocket(socket: string): void {
  const bytes = new TextEncoder().encode(socket).length;
  if (bytes <= SOCKET_PATH_BYTES_MAX) return;
  throw new UserError(
    `Cannot use ${socket} as the control socket as its path must have at most ` +
      `${SOCKET_PATH_BYTES_MAX} bytes: it has ${bytes}`,
    { exitCode: EXIT.usage, hint: "give a shorter one with --socket or MUSICFS_SOCKET" },
  );
}

function checkLogLevel(value: string, source: Source): LogLevel {
  const level = LOG_LEVELS.find((name) => name === value);
  if (level !== undefined) return level;
  const where = source === "flag" ? "--log-level" : "MUSICFS_LOG_LEVEL";
  const meant = closest(value, LOG_LEVELS);
  throw new UserError(
    `${where}: Cannot use ${JSON.stringify(value)}: expected one of ${LOG_LEVELS.join(", ")}` +
      (meant === undefined ? "" : `; did you mean ${JSON.stringify(meant)}?`),
    { exitCode: EXIT.usage },
  );
}

/** An empty variable counts as unset, as the XDG specification says. */
export function nonEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
