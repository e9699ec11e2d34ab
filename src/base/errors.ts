/**
 * The errors that cross folders. Three roads: a {@link UserError} is meant for the person at the terminal
 * (what happened, and what to do), a {@link FileSystemError} is an answer to the kernel and names its errno,
 * anything else is a fault of the program.
 *
 * @module
 */

/** Exit codes of the command line, as CLI.md lists them. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  noDaemon: 3,
  notFound: 4,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Where in a text that somebody wrote something is wrong. */
export interface TextPlace {
  readonly text: string;
  /** How many characters (code points) stand before it. */
  readonly at: number;
  /** What should be there. */
  readonly expected: string;
}

/** A failure for the person at the terminal: a message, a hint what to do about it, and the exit code. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;
  readonly place: TextPlace | undefined;

  constructor(
    message: string,
    options: { hint?: string; exitCode?: ExitCode; place?: TextPlace; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.hint = options.hint;
    this.place = options.place;
    this.exitCode = options.exitCode ?? EXIT.failed;
  }
}

/** Names of the errnos that the virtual file system answers with. Only `src/fuse` knows their numbers. */
export type ErrnoName =
  | "ENOENT"
  | "EIO"
  | "ESTALE"
  | "ENOTDIR"
  | "EISDIR"
  | "EROFS"
  | "EACCES"
  | "EBADF"
  | "EINVAL"
  | "EINTR"
  | "ENAMETOOLONG"
  | "ENODATA"
  | "ERANGE"
  | "ENXIO"
  | "ENOSYS"
  | "ENOTTY"
  | "EMFILE"
  | "ETIMEDOUT"
  | "EOPNOTSUPP";

/** An answer to the kernel: the errno, and a message for the log that tells what happened. */
export class FileSystemError extends Error {
  override readonly name = "FileSystemError";
  readonly errno: ErrnoName;

  constructor(errno: ErrnoName, message: string = errno, options: { cause?: unknown } = {}) {
    super(message, options);
    this.errno = errno;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
