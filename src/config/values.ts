/**
 * Reads single values of the configuration and says what was expected of each. The parsers that this takes are loaded
 * with this module, so only when there is a value to read.
 *
 * @module
 */
import { Cron } from "croner";
import { isDirectoryName, Template } from "../../projections/naming/path_naming.ts";
import { COVER_SOURCES, type CoverSource } from "../../projections/tree/tree_types.ts";
import {
  COVER_PIXELS_MAX,
  COVER_PIXELS_MIN,
  COVER_SIZES_MAX,
  fitsEverything,
  formatBytes,
  isGlob,
  messageOf,
  parseSize,
} from "../base/mod.ts";
import { parseMatch } from "../query/mod.ts";
import { beginsWithVariable } from "./expand_path.ts";
import type { Key, KeyValues } from "./keys.ts";
import { isBucket, isEndpoint } from "./s3_place.ts";
import { isHost } from "./sftp_place.ts";

/** Stands for a value that can't be used, with the reason: mostly what was expected in its place. */
export class Unfit {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/** The function that reads each key's value, from the file, a variable or a flag. */
export const READERS: {
  readonly [Name in Key]: (value: unknown) => KeyValues[Name] | Unfit;
} = {
  "template": readTemplate,
  "tree.names": readNames,
  "tree.fold_case": readFlag,
  "tree.show_hidden": readFlag,
  "artwork.sources": readCoverSources,
  "artwork.sizes": readCoverSizes,
  "artwork.list_sizes": readFlag,
  "features.search_enabled": readFlag,
  "features.smart_collections": readFlag,
  "cache.size": readSize,
  "cache.metadata_size": readSize,
  "scan.schedule": readSchedule,
  "scan.removals_hold": readShare,
  "scan.exclude": readGlobs,
  "tags.encoding": readEncoding,
  "mount.owner": readAccount,
  "mount.group": readAccount,
  "mount.file_mode": readFileMode,
  "mount.dir_mode": readDirectoryMode,
};

function readTemplate(value: unknown): string | Unfit {
  if (typeof value !== "string") {
    return new Unfit('expected a template such as "$artist/$title.$format"');
  }
  try {
    new Template(value);
    return value;
  } catch (error) {
    const said = `Cannot use the template ${JSON.stringify(value)}: `;
    return new Unfit(messageOf(error).replace(said, ""));
  }
}

function readNames(value: unknown): "linux" | "windows" | Unfit {
  if (value === "linux" || value === "windows") return value;
  return new Unfit('expected "linux" or "windows"');
}

/** Reads a boolean; a variable holds it as text. */
function readFlag(value: unknown): boolean | Unfit {
  if (typeof value === "boolean") return value;
  if (value === "true" || value === "false") return value === "true";
  return new Unfit("expected true or false");
}

/** Reads a list of globs; a variable holds them separated by commas. */
function readGlobs(value: unknown): string[] | Unfit {
  const globs = typeof value === "string"
    ? value.split(",").map((glob) => glob.trim()).filter((glob) => glob !== "")
    : value;
  const isList = Array.isArray(globs) &&
    globs.every((glob) => typeof glob === "string" && isGlob(glob));
  if (isList) {
    const all = globs.find(fitsEverything);
    if (all === undefined) return globs;
    return new Unfit(
      `${JSON.stringify(all)} leaves out all music; expected names or paths of some`,
    );
  }
  return new Unfit('expected names or paths with * and ?, such as ["*.part", "/Incoming"]');
}

/** Reads a list of sources, or none for "off"; a variable holds them separated by commas. */
function readCoverSources(value: unknown): CoverSource[] | Unfit {
  if (value === "off") return [];
  const list: unknown[] = typeof value === "string"
    ? value.split(",").map((name) => name.trim())
    : Array.isArray(value)
    ? value
    : [];
  const sources = list.filter((name) => COVER_SOURCES.some((source) => source === name));
  const isList = sources.length > 0 && new Set(sources).size === list.length;
  if (isList) return sources as CoverSource[];
  return new Unfit('expected ["files", "embedded"] in any order, one of the two, or "off"');
}

/** Reads a list of sizes, or none for "off"; a variable holds them separated by commas. */
function readCoverSizes(value: unknown): number[] | Unfit {
  if (value === "off") return [];
  const list: unknown[] = typeof value === "string"
    ? value.split(",").map((size) => /^\s*\d+\s*$/.test(size) ? Number(size) : size)
    : Array.isArray(value)
    ? value
    : [undefined];
  const sizes = list.filter((size): size is number =>
    Number.isInteger(size) && (size as number) >= COVER_PIXELS_MIN &&
    (size as number) <= COVER_PIXELS_MAX
  );
  const isList = list.length <= COVER_SIZES_MAX && new Set(sizes).size === list.length;
  if (isList) return sizes;
  return new Unfit(
    `expected at most ${COVER_SIZES_MAX} different numbers of pixels from ${COVER_PIXELS_MIN} to ` +
      `${COVER_PIXELS_MAX}, such as [600, 300, 150], or "off"`,
  );
}

/** Reads a label of TextDecoder and returns the encoding's canonical name. */
function readEncoding(value: unknown): string | Unfit {
  const unfit = new Unfit('expected an encoding such as "windows-1251", "shift_jis" or "gbk"');
  if (typeof value !== "string") return unfit;
  try {
    const { encoding } = new TextDecoder(value);
    // Bytes of a tag without a named encoding are never UTF-16.
    return encoding.startsWith("utf-16") ? unfit : encoding;
  } catch {
    return unfit;
  }
}

function readSize(value: unknown): number | Unfit {
  const isSize = typeof value === "string" || typeof value === "number";
  const bytes = isSize ? parseSize(String(value)) : undefined;
  if (bytes === undefined) return new Unfit('expected a size such as "10 GB" or "512 MiB"');
  // Every music file is larger than this: the user forgot the unit.
  if (bytes > 0 && bytes < BYTES_MIN) {
    return new Unfit(`that is ${formatBytes(bytes)}; expected a size such as "10 GB" or "512 MiB"`);
  }
  return bytes;
}

/** A smaller size can't be meant. */
const BYTES_MIN = 1_000;

/** Reads the path of a folder. Shells replace variables, and here nothing would: such a path is refused. */
export function readPath(value: unknown): string | Unfit {
  const text = readText(value);
  if (typeof text === "string" && beginsWithVariable(text)) {
    return new Unfit("variables are not replaced here; expected a path such as ~/Music");
  }
  return text;
}

/** Reads bytes a second, or null for "off". */
export function readBandwidth(value: unknown): number | null | Unfit {
  return readLimit(value, 'expected bytes a second such as "10 MB", or "off"');
}

/** Reads bytes a day, or null for "off". */
export function readDailyBudget(value: unknown): number | null | Unfit {
  return readLimit(value, 'expected bytes a day such as "5 GB", or "off"');
}

function readLimit(value: unknown, expected: string): number | null | Unfit {
  if (value === "off") return null;
  const bytes = readSize(value);
  return typeof bytes === "number" && bytes > 0 ? bytes : new Unfit(expected);
}

/** Reads a cron expression of five fields, or null for "off". */
export function readSchedule(value: unknown): string | null | Unfit {
  if (value === "off") return null;
  const unfit = new Unfit(
    'expected a cron expression of five fields such as "0 4 * * *", or "off"',
  );
  if (typeof value !== "string" || value.trim().split(/\s+/).length !== 5) return unfit;
  try {
    if (new Cron(value).nextRun() === null) {
      return new Unfit("expected a cron expression that comes to pass");
    }
    return value.trim();
  } catch {
    return unfit;
  }
}

function readShare(value: unknown): number | Unfit {
  const share = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof share === "number" && share >= 0 && share <= 1) return share;
  return new Unfit("expected a share from 0 to 1 such as 0.25");
}

/** Reads the name or number of an account. Whether the account exists is checked by `mount`. */
function readAccount(value: unknown): string | Unfit {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text === "string" && /^(?:\d{1,10}|[A-Za-z_][\w.@-]*\$?)$/.test(text)) return text;
  return new Unfit('expected the name or the number of an account such as "ada" or 1000');
}

/** Reads permission bits of at most four octal digits, as chmod(1) takes them. */
function readMode(value: unknown): number | Unfit {
  if (typeof value === "string" && /^0?[0-7]{3}$/.test(value)) return parseInt(value, 8);
  return new Unfit('expected permissions in octal digits such as "0440"');
}

function readFileMode(value: unknown): number | Unfit {
  const mode = readMode(value);
  if (mode instanceof Unfit || (mode & 0o444) !== 0) return mode;
  return new Unfit('nobody could read a file; expected permissions such as "0440"');
}

/**
 * Reads the permission bits of a directory. Whoever may list it must be able to enter it, or would see names of which
 * nothing can be read.
 */
function readDirectoryMode(value: unknown): number | Unfit {
  const mode = readMode(value);
  if (mode instanceof Unfit || (mode & mode << 2 & 0o444) !== 0) return mode;
  return new Unfit('nobody could list and enter a directory; expected permissions such as "0550"');
}

export function readText(value: unknown): string | Unfit {
  return typeof value === "string" && value !== ""
    ? value
    : new Unfit("expected a text that is not empty");
}

/** Reads the name of a view, which every system must be able to show as the name of a directory. */
export function readViewName(value: unknown): string | Unfit {
  if (typeof value === "string" && isDirectoryName(value)) return value;
  return new Unfit(
    'expected a name of a directory such as "Classical": of at most 255 bytes, without a dot or a space at an end, ' +
      'and without any of / \\ < > : " | ? *',
  );
}

/** Reads a query that says of each track whether it matches. */
export function readTrackMatch(value: unknown): string | Unfit {
  if (typeof value !== "string") return new Unfit('expected a query such as "genre:classical"');
  try {
    parseMatch(value);
    return value;
  } catch (error) {
    return new Unfit(messageOf(error).replace("Cannot read the query: ", ""));
  }
}

export function readBucket(value: unknown): string | Unfit {
  if (typeof value === "string" && isBucket(value)) return value;
  return new Unfit("expected the name of a bucket");
}

export function readEndpoint(value: unknown): string | Unfit {
  if (typeof value === "string" && isEndpoint(value)) return value;
  return new Unfit('expected the URL of a server such as "https://s3.example.org"');
}

export function readHost(value: unknown): string | Unfit {
  if (typeof value === "string" && isHost(value)) return value;
  return new Unfit("expected the name or address of a server");
}

export function readOriginId(value: unknown): string | Unfit {
  if (typeof value === "string" && /^[a-z0-9][a-z0-9_-]*$/.test(value)) return value;
  return new Unfit("expected lower-case letters, digits, '-' and '_', the first a letter or digit");
}

export function readPriority(value: unknown): number | Unfit {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  return new Unfit("expected a whole number from 0, lower is asked first");
}

export function readSwitch(value: unknown): boolean | Unfit {
  return typeof value === "boolean" ? value : new Unfit("expected true or false");
}

/** Splits a command line into words; quotes hold a word together. No shell sees it. */
export function readCommand(value: unknown): string[] | Unfit {
  const words = typeof value === "string"
    ? [...value.matchAll(/"([^"]*)"|'([^']*)'|([^\s"']+)/g)].map(([, a, b, c]) => a ?? b ?? c!)
    : [];
  return words.length > 0 ? words : new Unfit('expected a command such as "ssh -s nas sftp"');
}

export function readPort(value: unknown): number | Unfit {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65535) {
    return value;
  }
  return new Unfit("expected a port from 1 to 65535");
}
