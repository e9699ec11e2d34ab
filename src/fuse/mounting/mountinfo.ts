/** The parts of a line of /proc/self/mountinfo (proc_pid_mountinfo(5)) that are needed here. */
export interface MountEntry {
  /** Identifies the mount, also after it was taken off the tree. */
  readonly id: number;
  /** `major:minor` of the mounted file system. */
  readonly device: string;
  readonly mountpoint: string;
  readonly type: string;
  readonly source: string;
}

/** The topmost mount at exactly this path; undefined when the path is no mount point. */
export function mountAt(
  mountpoint: string,
  text: string = Deno.readTextFileSync("/proc/self/mountinfo"),
): MountEntry | undefined {
  return parseMountinfo(text).findLast((entry) => entry.mountpoint === mountpoint);
}

/** The mounts in the order in which they were made. Of several at one path, the last covers the others. */
export function parseMountinfo(text: string): MountEntry[] {
  const entries: MountEntry[] = [];
  for (const line of text.split("\n")) {
    const [left, right] = line.split(" - ");
    if (left === undefined || right === undefined) continue;
    const fields = left.split(" ");
    const [type, source] = right.split(" ");
    entries.push({
      id: Number(fields[0]),
      device: fields[2] ?? "",
      mountpoint: unescapeOctal(fields[4] ?? ""),
      type: type ?? "",
      source: unescapeOctal(source ?? ""),
    });
  }
  return entries;
}

/** Space, tab, newline and backslash are written as \040, \011, \012, \134. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(parseInt(digits, 8)));
}
