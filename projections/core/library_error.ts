import { diskFault, UserError } from "../../src/base/mod.ts";

/** The disk under the projections does not do what it should. Nothing is lost: the log has it all. */
export class LibraryUnusable extends UserError {}

/** What a failure of the disk under the library means to the user; other errors come back as they are. */
export function libraryError(error: unknown, directory: string): unknown {
  if (error instanceof UserError) return error;
  const fault = diskFault(error);
  if (fault === undefined) return error;
  return new LibraryUnusable(`Cannot use the library in '${directory}': ${fault.what}`, {
    hint: fault.hint,
    cause: error,
  });
}
