import { messageOf, UserError } from "../src/base/mod.ts";
import { LogCorrupt } from "./errors.ts";

/** LMDB's codes for a file that is not its own or is damaged: MDB_INVALID, _VERSION_MISMATCH, _CORRUPTED,
 * _PAGE_NOTFOUND (lmdb.h). */
const DAMAGED = new Set([-30793, -30794, -30796, -30797]);

/** errno(3) values, as LMDB has them and as Deno puts them into its messages. LMDB says EIO for a write that
 * came out short, which is how a disk that is just filling up shows. */
const CAUSES = [
  { errno: 28, what: "the disk is full", hint: "Free some space; appending then goes on" },
  {
    errno: 122,
    what: "the disk quota is used up",
    hint: "Free some space; appending then goes on",
  },
  {
    errno: 5,
    what: "the disk is full or fails",
    hint:
      "Free some space; appending then goes on. With space left, `dmesg` says what the disk has",
  },
  { errno: 30, what: "the file system is read-only", hint: "Name another one with --state-dir" },
  {
    errno: 13,
    what: "permission denied",
    hint: "Check whose directory it is, or name another one with --state-dir",
  },
] as const;

/** What a failure of the storage under the log means to the user; other errors come back as they are. */
export function storageError(error: unknown, directory: string): unknown {
  if (!(error instanceof Error) || error instanceof UserError) return error;
  const code = "code" in error ? error.code : undefined;
  if (typeof code === "number" && DAMAGED.has(code)) {
    return new LogCorrupt(`'${directory}' holds no sound LMDB file`, { cause: error });
  }
  const cause = CAUSES.find(({ errno }) =>
    code === errno || error.message.includes(`(os error ${errno})`)
  );
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
