import { LOG_LEVELS } from "../base/mod.ts";

/** An option as it is entered and as help shows it. */
export interface OptionShape {
  /** As in `-q, --quiet`, `--owner <user>` or `--no-scan`; what stands in angle brackets is a value. */
  readonly flags: string;
  readonly help: string;
  /** The values that it may have; any when absent. */
  readonly choices?: readonly string[];
  /** Name of another option that it can't stand beside. */
  readonly conflicts?: string;
  /** May be given more than once; its value is the list of them. */
  readonly repeats?: boolean;
}

/** The options that every command takes, before or behind its name. */
export const GLOBAL_OPTIONS: readonly OptionShape[] = [
  { flags: "--json", help: "answer with one JSON document on stdout" },
  { flags: "-v, --verbose", help: "say more on stderr" },
  {
    flags: "-q, --quiet",
    help: "say nothing but errors, and what was asked for",
    conflicts: "verbose",
  },
  { flags: "--config <file>", help: "configuration file" },
  { flags: "--state-dir <directory>", help: "where the event log is" },
  { flags: "--cache-dir <directory>", help: "where everything is that can be made again" },
  { flags: "--socket <file>", help: "control socket of the daemon" },
  { flags: "--log-level <level>", help: "what is said on stderr", choices: LOG_LEVELS },
];

export const MOUNT_OPTIONS: readonly OptionShape[] = [
  {
    flags: "--origin <path|url>",
    help: "folder of music, in place of the configured; may be repeated",
    repeats: true,
  },
  {
    flags: "--template <template>",
    help: "how tracks are placed, such as '$artist/$album/$title.$format'",
  },
  { flags: "--daemon", help: "return once the mount answers, and leave it running" },
  { flags: "--allow-other", help: "let other users look into the mount" },
  {
    flags: "--owner <user>",
    help: "show everything as owned by this user, in place of the origin's owners",
  },
  { flags: "--group <group>", help: "the same, for the group" },
  { flags: "--file-mode <mode>", help: "permissions that files show, such as 0440" },
  { flags: "--dir-mode <mode>", help: "permissions that directories show, such as 0550" },
  { flags: "--no-scan", help: "do not look for changes at the start" },
];
