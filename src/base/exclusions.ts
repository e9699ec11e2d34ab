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

/**
 * What globs leave out, and what always is: a glob without `/` is a name at any depth, another a path below the root. `*`
 * stands for any part of a name, `?` for one character, `**` also for several names. Case does not count. What lies in a
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
    for (const glob of [...ALWAYS_EXCLUDED, ...globs]) {
      const trimmed = glob.replace(/\/+$/, "");
      if (trimmed.includes("/")) paths.push(patternOf(trimmed.replace(/^\/+/, "")));
      else names.push(patternOf(trimmed));
    }
    this.#names = new RegExp(`^(?:${names.join("|")})$`, "iu");
    if (paths.length > 0) this.#paths = new RegExp(`^(?:${paths.join("|")})(?:/|$)`, "iu");
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

function patternOf(glob: string): string {
  return glob.replace(/\*\*\/|\*\*|\*|\?|[\\^$.+()[\]{}|]/g, (part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    return `\\${part}`;
  });
}
