import type { FileOwnership, FileVersion } from "../../events/facts/files.ts";

/**
 * Whether two versions are one content. A field that only one of them has (an ETag, a ctime, an inode number) is not
 * compared.
 */
export function isSameVersion(a: FileVersion, b: FileVersion): boolean {
  return a.size === b.size && a.mtime_s === b.mtime_s && a.mtime_ns === b.mtime_ns &&
    isSame(a.etag, b.etag) && isSame(a.inode, b.inode) &&
    isSame(a.ctime_s, b.ctime_s) && isSame(a.ctime_ns, b.ctime_ns);
}

/** Of an object that also has a path and more: its version, owner and permissions alone. */
export function statusOf(file: FileVersion & FileOwnership): FileVersion & FileOwnership {
  const { size, mtime_s, mtime_ns, etag, ctime_s, ctime_ns, inode, mode, uid, gid } = file;
  return {
    ...{ size, mtime_s, mtime_ns },
    ...(etag !== undefined && { etag }),
    ...(ctime_s !== undefined && ctime_ns !== undefined && { ctime_s, ctime_ns }),
    ...(inode !== undefined && { inode }),
    ...(mode !== undefined && { mode }),
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
  };
}

/** A version as text for messages; equal texts are equal versions. */
export function versionText(version: FileVersion): string {
  const { size, mtime_s, mtime_ns, etag, ctime_s, ctime_ns, inode } = version;
  const more = [
    ...etag === undefined ? [] : [etag],
    ...ctime_s === undefined ? [] : [`changed ${timeText(ctime_s, ctime_ns ?? 0)}`],
    ...inode === undefined ? [] : [`inode ${inode}`],
  ];
  const said = `${size} bytes of ${timeText(mtime_s, mtime_ns)}`;
  return more.length === 0 ? said : `${said} (${more.join(", ")})`;
}

function timeText(seconds: number, nanoseconds: number): string {
  return `${seconds}.${String(nanoseconds).padStart(9, "0")}`;
}

function isSame(a: string | number | undefined, b: string | number | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}
