/**
 * Names that hold nobody's music, wherever they lie: files that operating systems put beside others, trash, and old
 * versions and snapshots, which would show every track once more.
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
  // snapshots and synchronisation tools
  ...[".snapshots", ".snapshot", ".zfs", ".stversions", ".stfolder", ".~tmp~"],
];

const PATTERN_MAX = 1_000;

/** Whether a text is a glob that can leave something out: not too long, and more than slashes. */
export function isGlob(text: string): boolean {
  return text.length <= PATTERN_MAX && text.replace(/\/+$/, "").replace(/^\/+/, "") !== "";
}

/** Paths of music that have nothing in common but an extension. */
const ANY_MUSIC = ["q.flac", "0/_-/№ 7.mp3", "Ünï/zz/k.m4a", "(b)/x y.ogg"];

/** Whether a glob matches every path of music, so that nothing would be left. */
export function fitsEverything(glob: string): boolean {
  const exclusions = new Exclusions([glob]);
  return ANY_MUSIC.every((path) => exclusions.has(path));
}

/**
 * Which paths globs leave out, beside those that are always left out. A glob without `/` matches a name at any depth;
 * one with `/` matches a path below the root. `*` stands for any part of a name, `?` for one character, `**` for
 * several names and the slashes between them; with a slash behind it, also for none. Case does not count. A directory
 * that is left out takes everything in it along.
 */
export class Exclusions {
  readonly globs: readonly string[];
  readonly #names: RegExp;
  readonly #paths: RegExp | undefined;
  /** The directory of the last path and its answer: a scan asks directory by directory. */
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
    const length = Math.max(0, slash);
    if (length !== this.#lastDirectory.length || !path.startsWith(this.#lastDirectory)) {
      this.#lastDirectory = path.slice(0, length);
      this.#isLastExcluded = this.#lastDirectory.split("/").some((name) => this.#names.test(name));
    }
    return this.#isLastExcluded || this.#names.test(path.slice(slash + 1)) ||
      (this.#paths?.test(path) ?? false);
  }
}

/**
 * The regular expression of one glob. Every wildcard but the last of its kind takes the shortest match and never
 * tries a longer one (a lookahead with a back reference does that). A longer match could not help what follows, and
 * trying them all would take for ever on a name made to fool many wildcards.
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
  // The glob is split at its `**`; the odd elements are these wildcards.
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
