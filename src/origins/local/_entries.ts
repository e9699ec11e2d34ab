import { errorText, type FileStatus, UNANSWERED } from "../../posix/directory.ts";
import { ERRNO, type KeptNumbers, LEADS_OUT, PosixError } from "../../posix/mod.ts";
import { type OriginEntry, type OriginFile, OriginUnreachable } from "../origin.ts";

/** Errors of looking at an entry that mean that nothing is there, or no longer, or that a link leads nowhere. */
export const ABSENT: ReadonlySet<number> = new Set([ERRNO.ENOENT, ERRNO.ENOTDIR, ERRNO.ELOOP]);

/** An entry whose mode is not yet narrowed by the file's access list. */
export type FoundFile = OriginFile & { mode: number };

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The entry for a file that the status tells of. Its mode is that of the status, without a look at an access list. Field
 * by field, since every scan passes each of a million files here, and spreads take ten times as long.
 */
export function fileEntry(
  path: string,
  status: FileStatus,
  kept: KeptNumbers,
  linkTo: string | undefined,
): FoundFile {
  const entry: Writable<FoundFile> = {
    kind: "file",
    path,
    size: status.size,
    mtime_s: status.mtime_s,
    mtime_ns: status.mtime_ns,
    mode: status.mode,
    uid: status.uid,
    gid: status.gid,
  };
  if (kept.ctime) {
    entry.ctime_s = status.ctime_s;
    entry.ctime_ns = status.ctime_ns;
  }
  if (kept.inode) entry.inode = status.inode;
  if (linkTo !== undefined) entry.linkTo = linkTo;
  if (status.names > 1) entry.identity = status.identity;
  return entry;
}

/** The entry for something that can't be looked at. */
export function unlisted(path: string, errno: number): OriginEntry {
  return { kind: "unlisted", path, reason: errorText(errno) };
}

/**
 * The entry for a directory that can't be opened; undefined when the directory has vanished meanwhile. Throws
 * OriginUnreachable when nothing can be listed any more.
 */
export function unlistedDirectory(
  root: string,
  path: string,
  error: unknown,
): OriginEntry | undefined {
  if (!(error instanceof PosixError)) throw error;
  if (path === "" || UNANSWERED.has(error.errno)) {
    throw new OriginUnreachable(`Cannot list ${root}: ${errorText(error.errno)}`);
  }
  if (error.errno === ERRNO.ENOENT || error.errno === ERRNO.ENOTDIR) return undefined;
  const reason = error.errno === ERRNO.EXDEV ? LEADS_OUT : errorText(error.errno);
  return { kind: "unlisted", path, reason };
}
