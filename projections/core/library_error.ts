import { diskFault, UserError } from "../../src/base/mod.ts";

/** The disk under the projections does not work as it should. Nothing is lost: everything is in the log. */
export class LibraryUnusable extends UserError {}

/** SQLite's number for rows that can't be what was written; its extended codes have it in their lowest byte. */
const SQLITE_CORRUPT = 11;

/** Whether SQLite found that the file is damaged. */
export function isDamage(error: unknown): boolean {
  const { errcode } = Object(error) as { errcode?: unknown };
  return typeof errcode === "number" && (errcode & 0xff) === SQLITE_CORRUPT;
}

/** Translates a failure of the disk under the library into an error for the user; returns other errors unchanged. */
export function libraryError(error: unknown, directory: string): unknown {
  if (error instanceof UserError) return error;
  const fault = diskFault(error);
  if (fault === undefined) return error;
  return new LibraryUnusable(`Cannot use the library in '${directory}': ${fault.what}`, {
    hint: fault.hint,
    cause: error,
  });
}
