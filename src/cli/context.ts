import {
  type LoadedSettings,
  loadSettings,
  type LocationFlags,
  type Locations,
  type Reload,
  resolveLocations,
  type SettingsFlags,
  type Surroundings,
} from "../config/mod.ts";
import { createLogger, type ExitCode, isCompiled, type Logger, UserError } from "../base/mod.ts";
import { Output } from "./output.ts";

/** The options that every command takes. */
export interface GlobalOptions extends LocationFlags {
  readonly json?: boolean;
  /** Sets how much is logged, unless `logLevel` does. */
  readonly verbose?: boolean;
  readonly quiet?: boolean;
}

type LibraryFlags = Omit<SettingsFlags, keyof LocationFlags>;

/** What a command is given besides its own arguments. */
export class Context {
  readonly output: Output;
  readonly #options: GlobalOptions;
  readonly #surroundings: Surroundings;
  #locations: Locations | undefined;

  constructor(options: GlobalOptions) {
    const { verbose, quiet, logLevel } = options;
    const level = logLevel ?? (verbose ? "debug" : quiet ? "error" : undefined);
    this.#options = level === undefined ? options : { ...options, logLevel: level };
    this.output = new Output(options.json ?? false, options.quiet ?? false);
    this.#surroundings = {
      environment: Deno.env.toObject(),
      workingDirectory: Deno.cwd(),
    };
  }

  /** Where MusicFS keeps its files. Throws UserError when flags or environment can't be used. */
  get locations(): Locations {
    return this.#locations ??= resolveLocations(this.#options, this.#surroundings);
  }

  /** To be called before a module is loaded that a compiled binary has to unpack. */
  async settleUnpacking(): Promise<void> {
    if (!isCompiled()) return;
    const { settleUnpacking } = await import(
      import.meta.resolve("./unpacking.ts")
    ) as typeof import("./unpacking.ts");
    try {
      settleUnpacking(this.locations.cacheDir);
    } catch (error) {
      // The command that asks for the locations reports this error.
      if (!(error instanceof UserError)) throw error;
    }
  }

  get logger(): Logger {
    return createLogger("cli", this.locations.logLevel, { times: false });
  }

  /** All settings, from flags, environment and configuration file. Throws ConfigError. */
  settings(flags: LibraryFlags = {}): Promise<LoadedSettings> {
    return loadSettings({ ...this.#options, ...flags }, this.#surroundings);
  }

  /** What the settings were read from, so that a mount can have them read again. */
  reload(flags: LibraryFlags): Reload {
    const { workingDirectory } = this.#surroundings;
    return { flags: { ...this.#options, ...flags }, workingDirectory };
  }
}

/** A command as it was entered. */
export interface Invocation<Options = unknown> {
  readonly context: Context;
  /** The arguments that are not options, in order. */
  readonly args: readonly string[];
  readonly options: Options;
}

/** Runs a command. The exit code is 0 unless the handler returns or throws another. */
export type Handler<Options = unknown> = (
  invocation: Invocation<Options>,
) => Promise<ExitCode | void> | ExitCode | void;
