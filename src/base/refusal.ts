import { UserError } from "./errors.ts";

/** What a person can do about an errno that any call may fail with. */
const HINTS: readonly (readonly [errno: number, hint: string])[] = [
  [24, "raise the limit of open files (ulimit -n, or LimitNOFILE in a unit)"],
  [28, "free some space"],
  [30, "name directories on a disk that can be written"],
  [122, "the disk quota is used up: free some space"],
];

/**
 * Turns a refusal by the machine (no permission, no descriptors, no space, no writable disk) into a UserError that
 * says what to do about it, since it is no fault of the program. Any other error comes back unchanged.
 */
export function asRefusal(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof UserError) return error;
  if (error instanceof Deno.errors.PermissionDenied) {
    // Deno says "Permission denied (os error 13): open '/some/where'".
    const path = / '(\/.*)'$/.exec(error.message)?.[1];
    return new UserError(error.message, {
      hint: path === undefined ? "see whether this user may do that" : ownerHint(path),
      cause: error,
    });
  }
  const found = HINTS.find(([errno]) => error.message.includes(`(os error ${errno})`));
  if (found === undefined) return error;
  return new UserError(error.message, { hint: found[1], cause: error });
}

/**
 * Says who owns a path that this user may not use, and how to change that. `directory` is one of MusicFS's own
 * directories: when one file in it has another owner, others have too, so the hint covers all of it.
 */
export function ownerHint(path: string, directory?: string): string {
  for (let at = path; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    let uid: number | null;
    try {
      ({ uid } = Deno.statSync(at));
    } catch {
      // The path is not there, or lies below a directory that this user may not enter.
      continue;
    }
    const us = Deno.uid();
    if (uid === null || uid === us) return `see its permissions: ls -ld ${at}`;
    return `${at} belongs to ${uid === 0 ? "root" : `user ${uid}`}, as after a command that was ` +
      `entered with sudo: sudo chown -R ${us} ${directory ?? at}`;
  }
  return "see whose directory it is";
}

/** The message of a mount that can show the library but write nothing down. */
export function withoutChanges({ message, hint }: UserError): string {
  const said = `${message}; showing what is known, without looking for changes`;
  return hint === undefined ? said : `${said}. ${hint}`;
}
