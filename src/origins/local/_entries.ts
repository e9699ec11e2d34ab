import {
  errorText,
  type FileStatus,
  type StatusVersion,
  UNANSWERED,
} from "../../posix/directory.ts";
import { ERRNO, LEADS_OUT, PosixError } from "../../posix/mod.ts";
import { type OriginEntry, type OriginFile, OriginUnreachable } from "../origin.ts";

/** Errors of looking at an entry that mean that nothing is there, or no longer, or that a link leads nowhere. */
export const ABSENT: ReadonlySet<number> = new Set([ERRNO.ENOENT, ERRNO.ENOTDIR, ERRNO.ELOOP]);

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The entry for a file that the status tells of. */
export function fileEntry(
  path: string,
  version: StatusVersion,
  mode: number,
  linkTo: string | undefined,
  status: FileStatus,
): OriginFile {
  const entry: Writable<OriginFile> = { kind: "file", path, ...version, mode };
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
