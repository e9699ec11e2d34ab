import { GLOBAL_OPTIONS, MOUNT_OPTIONS, type OptionShape } from "./options.ts";

/** A command line that mounts, read. */
export interface MountLine {
  readonly mountpoint: string;
  /** Values of all options that were given, of `mount` and of every command, by their names in camel case. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Reads `musicfs mount MOUNTPOINT` with its options as the whole grammar (`program.ts`) does, without loading the package
 * that this takes, for a mount would wait for it and then carry it for life. Undefined for any other line, and for one
 * that is not perfectly plain: help, slips and rarer spellings are left to the grammar, which has words for them.
 */
export function readMountLine(args: readonly string[]): MountLine | undefined {
  const known = new Map<string, Known>();
  for (const option of [...GLOBAL_OPTIONS, ...MOUNT_OPTIONS]) {
    const each = knownOption(option);
    for (const spelling of each.spellings) known.set(spelling, each);
  }
  const options: Record<string, unknown> = { scan: true };
  const words: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (!arg.startsWith("-")) {
      words.push(arg);
      continue;
    }
    const option = known.get(arg);
    if (option === undefined) return undefined;
    const isBeforeCommand = words.length === 0;
    if (isBeforeCommand && !GLOBAL_OPTIONS.includes(option.shape)) return undefined;
    const { name, shape, takesValue } = option;
    if (!takesValue) {
      options[name] = !arg.startsWith("--no-");
      continue;
    }
    const value = args[++at];
    if (value === undefined || value.startsWith("-")) return undefined;
    if (shape.choices !== undefined && !shape.choices.includes(value)) return undefined;
    options[name] = shape.repeats ? [...options[name] as string[] ?? [], value] : value;
  }
  const isInConflict = GLOBAL_OPTIONS.some((shape) =>
    shape.conflicts !== undefined && shape.conflicts in options &&
    knownOption(shape).name in options
  );
  const [command, mountpoint, ...more] = words;
  if (command !== "mount" || mountpoint === undefined || more.length > 0 || isInConflict) {
    return undefined;
  }
  return { mountpoint, options };
}

interface Known {
  readonly shape: OptionShape;
  readonly spellings: readonly string[];
  /** In camel case; `scan` for `--no-scan`. */
  readonly name: string;
  readonly takesValue: boolean;
}

function knownOption(shape: OptionShape): Known {
  const spellings = shape.flags.replace(/ <.*/, "").split(", ");
  const name = spellings.at(-1)!.replace(/^--(no-)?/, "")
    .replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return { shape, spellings, name, takesValue: shape.flags.includes("<") };
}
