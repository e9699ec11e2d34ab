import { diskFault, messageOf, UserError } from "../../src/base/mod.ts";
import { LogCorrupt } from "./errors.ts";

/**
 * LMDB's codes for a file that is foreign or damaged: MDB_INVALID, _VERSION_MISMATCH, _CORRUPTED, _PAGE_NOTFOUND
 * (lmdb.h).
 */
const DAMAGED = new Set([-30793, -30794, -30796, -30797]);

/** The error to show for a failure of the storage under the log; other errors come back unchanged. */
export function storageError(error: unknown, directory: string): unknown {
  if (!(error instanceof Error) || error instanceof UserError) return error;
  const code = "code" in error ? error.code : undefined;
  if (typeof code === "number" && DAMAGED.has(code)) {
    return new LogCorrupt(`'${directory}' holds no sound LMDB file`, { cause: error });
  }
  const cause = diskFault(error);
  if (cause === undefined) {
    return new Error(`Cannot use the event log in '${directory}': ${messageOf(error)}`, {
      cause: error,
    });
  }
  return new UserError(`Cannot use the event log in '${directory}': ${cause.what}`, {
    hint: cause.hint,
    cause: error,
  });
}
