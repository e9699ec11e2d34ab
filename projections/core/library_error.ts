import { diskFault, UserError } from "../../src/base/mod.ts";

/** The disk under the projections does not work as it should. Nothing is lost: everything is in the log. */
export class LibraryUnusable extends UserError {}

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
