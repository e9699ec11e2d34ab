import { bytesFromString } from "../../base/mod.ts";
import { isMountPoint } from "../../posix/mod.ts";

/**
 * Whether fstab(5) names the directory as a mount point while nothing is mounted there. Such a directory is
 * empty because a disk or a server is missing, not because its music was deleted.
 */
export function isEmptyMountPoint(path: string, fstab: string = "/etc/fstab"): boolean {
  let lines: string[];
  try {
    lines = Deno.readTextFileSync(fstab).split("\n");
  } catch {
    return false;
  }
  const normal = path.replace(/\/+$/, "") || "/";
  const isNamed = lines.some((line) => {
    const target = line.trimStart().startsWith("#") ? undefined : line.trim().split(/\s+/)[1];
    return target !== undefined && (unescapeField(target).replace(/\/+$/, "") || "/") === normal;
  });
  return isNamed && !isMountPoint(bytesFromString(normal));
}

/** Decodes a field of fstab, which writes a space as `\040` (octal). */
function unescapeField(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(parseInt(code, 8)));
}
