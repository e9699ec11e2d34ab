import type { FileVersion } from "../../events/file_events.ts";

/** Whether both are one content. A tag that only one of them has says nothing. */
export function isSameVersion(a: FileVersion, b: FileVersion): boolean {
  return a.size === b.size && a.mtime_s === b.mtime_s && a.mtime_ns === b.mtime_ns &&
    (a.etag === undefined || b.etag === undefined || a.etag === b.etag);
}

/** A version for a message to people. */
export function versionText({ size, mtime_s, mtime_ns, etag }: FileVersion): string {
  const time = `${mtime_s}.${String(mtime_ns).padStart(9, "0")}`;
  return `${size} bytes of ${time}${etag === undefined ? "" : ` (${etag})`}`;
}
