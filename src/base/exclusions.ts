/**
 * What is no music of anybody, wherever it lies: what systems put beside files, what was thrown away, and what was: old
 * versions and snapshots, in which every track is there again.
 */
export const ALWAYS_EXCLUDED: readonly string[] = [
  // macOS
  ...["._*", ".AppleDouble", ".Trashes", ".Spotlight-V100", ".fseventsd", ".TemporaryItems"],
  ...[".DocumentRevisions-V100"],
  // Windows
  ...["$RECYCLE.BIN", "System Volume Information"],
  // Linux, Samba
  ...["lost+found", ".Trash", ".Trash-*", ".recycle", ".fuse_hidden*", ".nfs*"],
  // Synology, QNAP
  ...["@eaDir", "#recycle", "#snapshot", "@Recycle", "@Recently-Snapshot", ".@__thumb"],
  // snapshots, and what synchronises
  ...[".snapshots", ".snapshot", ".zfs", ".stversions", ".stfolder", ".~tmp~"],
];

const PATTERN_MAX = 1_000;

/** Whether a text can be used to leave something out. */
export function isGlob(text: string): boolean {
  return text.length <= PATTERN_MAX && text.replace(/\/+$/, "").replace(/^\/+/, "") !== "";
}

/** Names of music that have nothing in common but to have an extension. */
const ANY_MUSIC = ["q.flac", "0/_-/№ 7.mp3", "Ünï/zz/k.m4a", "(b)/x y.ogg"];

/** Whether nothing is left where a glob leaves out what it fits. */
export function fitsEverything(glob: string): boolean {
  const exclusions = new Exclusions([glob]);
  return ANY_MUSIC.every((path) => exclusions.has(path));
}

/**
 * What globs leave out, and what always is: a glob without `/` is a name at any depth, another a path below the root. `*`
 * stands for any part of a name, `?` for one character, `**` also for several names, or,
 * where a slash stands behind it, for none. Case does not count. What lies in a
 * directory that is left out is left out with it.
 */
export class Exclusions {
  readonly globs: readonly string[];
  readonly #names: RegExp;
  readonly #paths: RegExp | undefined;
  /** Paths come directory by directory. */
  #lastDirectory = "";
  #isLastExcluded = false;

  constructor(globs: readonly string[] = []) {
    this.globs = globs;
    const names: string[] = [];
    const paths: string[] = [];
    let groups = 0;
    const groupName = () => `part${groups++}`;
    for (const glob of [...ALWAYS_EXCLUDED, ...globs]) {
      const trimmed = glob.replace(/\/+$/, "");
      if (trimmed.includes("/")) paths.push(patternOf(trimmed.replace(/^\/+/, ""), groupName));
      else names.push(patternOf(trimmed, groupName));
    }
    this.#names = new RegExp(`^(?:${names.join("|")})$`, "isu");
    if (paths.length > 0) this.#paths = new RegExp(`^(?:${paths.join("|")})(?:/|$)`, "isu");
  }

  /** Whether a path below an origin's root is left out. */
  has(path: string): boolean {
    const slash = path.lastIndexOf("/");
    const directory = path.slice(0, Math.max(0, slash));
    if (directory !== this.#lastDirectory) {
      this.#lastDirectory = directory;
      this.#isLastExcluded = directory.split("/").some((name) => this.#names.test(name));
    }
    return this.#isLastExcluded || this.#names.test(path.slice(slash + 1)) ||
      (this.#paths?.test(path) ?? false);
  }
}

/**
 * A wildcard that another one of its reach follows takes the least that fits and never gives it back, which is what a
 * lookahead and a reference to what it found say: to take more would not help what follows, and to try that takes for
 * ever with many wildcards and the name of somebody who knows them.
 */
function patternOf(glob: string, groupName: () => string): string {
  const least = (wildcard: string, rest: () => string) => {
    const name = groupName();
    return `(?=(?<${name}>${wildcard}${rest()}))\\k<${name}>`;
  };
  const inNames = (part: string, isLast: boolean) =>
    part.split("*").map((text, i, { length }) => {
      if (i === 0) return literal(text);
      if (isLast && i === length - 1) return `[^/]*${literal(text)}`;
      return least("[^/]*?", () => literal(text));
    }).join("");
  // What stands at odd places is a wildcard for several names.
  const parts = glob.split(/((?<=^|\/)\*\*\/|\*\*)/);
  let pattern = inNames(parts[0]!, parts.length === 1);
  for (let i = 1; i < parts.length; i += 2) {
    const isWhole = parts[i] === "**/";
    const part = parts[i + 1]!;
    if (i + 2 === parts.length) pattern += (isWhole ? "(?:.*/)?" : ".*") + inNames(part, true);
    else pattern += least(isWhole ? "(?:.*?/)??" : ".*?", () => inNames(part, false));
  }
  return pattern;
}

function literal(text: string): string {
  return text.replace(/[\\^$.+()[\]{}|]/g, "\\$&").replaceAll("?", "[^/]");
}
