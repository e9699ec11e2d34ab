import { UserError } from "./errors.ts";

/** What a person can do about an errno that any call may fail with, wherever it does. */
const HINTS: readonly (readonly [errno: number, hint: string])[] = [
  [24, "raise the limit of open files (ulimit -n, or LimitNOFILE in a unit)"],
  [28, "free some space"],
  [30, "name directories on a disk that can be written"],
  [122, "the disk quota is used up: free some space"],
];

/**
 * What the machine refuses is no fault of the program: a failure that a person can do something about, as a UserError
 * with what that is. Any other error comes back as it is.
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
 * Whose a path is that this user may not use, and how that is mended. `directory` is one of MusicFS's own: where one
 * file in it is somebody else's, others are as well.
 */
export function ownerHint(path: string, directory?: string): string {
  for (let at = path; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    let uid: number | null;
    try {
      ({ uid } = Deno.statSync(at));
    } catch {
      // Not there, or below what may not be looked into.
      continue;
    }
    const us = Deno.uid();
    if (uid === null || uid === us) return `see its permissions: ls -ld ${at}`;
    return `${at} belongs to ${uid === 0 ? "root" : `user ${uid}`}, as after a command that was ` +
      `entered with sudo: sudo chown -R ${us} ${directory ?? at}`;
  }
  return "see whose directory it is";
}

/** What a mount says that can show what is known, and write down nothing. */
export function withoutChanges({ message, hint }: UserError): string {
  const said = `${message}; showing what is known, without looking for changes`;
  return hint === undefined ? said : `${said}. ${hint}`;
}
