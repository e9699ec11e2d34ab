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

/** Whether a path below an origin's root is left out. */
export type IsExcluded = (path: string) => boolean;

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
export function excluder(globs: readonly string[]): IsExcluded {
  const names: string[] = [];
  const paths: string[] = [];
  for (const glob of [...ALWAYS_EXCLUDED, ...globs]) {
    const trimmed = glob.replace(/\/+$/, "");
    if (trimmed.includes("/")) paths.push(patternOf(trimmed.replace(/^\/+/, "")));
    else names.push(patternOf(trimmed));
  }
  const name = new RegExp(`^(?:${names.join("|")})$`, "iu");
  const path = new RegExp(`^(?:${paths.join("|")})(?:/|$)`, "iu");
  let lastDirectory = "";
  let isLastExcluded = false;
  const isNameExcluded = (segment: string) => name.test(segment);
  return (at) => {
    const slash = at.lastIndexOf("/");
    const directory = at.slice(0, Math.max(0, slash));
    // Paths come directory by directory.
    if (directory !== lastDirectory) {
      lastDirectory = directory;
      isLastExcluded = directory.split("/").some(isNameExcluded);
    }
    return isLastExcluded || isNameExcluded(at.slice(slash + 1)) ||
      paths.length > 0 && path.test(at);
  };
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
