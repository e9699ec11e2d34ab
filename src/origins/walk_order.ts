import { bytesFromString } from "../base/mod.ts";

/**
 * The order in which a walk lists files: a directory's files first, by the bytes of their names, then
 * its subdirectories one after the other, by the bytes of theirs. Negative when `a` comes before `b`.
 */
export function compareWalkOrder(a: string, b: string): number {
  const at = firstDifference(a, b);
  if (at === a.length && at === b.length) return 0;
  const start = at === 0 ? 0 : a.lastIndexOf("/", at - 1) + 1;
  const leftEnd = a.indexOf("/", start);
  const rightEnd = b.indexOf("/", start);
  if (leftEnd < 0 !== rightEnd < 0) return leftEnd < 0 ? -1 : 1;
  return leftEnd < 0
    ? compareBytes(a.slice(start), b.slice(start))
    : compareBytes(a.slice(start, leftEnd), b.slice(start, rightEnd));
}

/** Below it, one UTF-16 unit is one character, and the order of characters is that of their bytes. */
const FIRST_SURROGATE = 0xd800;

/** Compares two names by their bytes, which differs from the order of UTF-16 units. */
export function compareBytes(a: string, b: string): number {
  const at = firstDifference(a, b);
  const order = a.charCodeAt(at) - b.charCodeAt(at);
  // Past the end of a name there is no number.
  if (Math.max(a.charCodeAt(at), b.charCodeAt(at)) < FIRST_SURROGATE) return order;
  const left = bytesFromString(a);
  const right = bytesFromString(b);
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    if (left[i] !== right[i]) return left[i]! - right[i]!;
  }
  return left.length - right.length;
}

/** The index of the first unit in which two texts differ; the length of the shorter one when there is none. */
function firstDifference(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  let at = 0;
  while (at < shared && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}

/** The directory of a path; empty for a path in the root. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

/** The last segment of a path. */
export function baseNameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Whether `path` is `directory` or lies below it. */
export function isAtOrBelow(path: string, directory: string): boolean {
  return directory === "" || path === directory || path.startsWith(directory + "/");
}

/**
 * Whether files below `directory` may come after the path `after` in the order of a walk; true when `after` is
 * absent.
 */
export function mayHoldAfter(directory: string, after: string | undefined): boolean {
  return after === undefined || isAtOrBelow(after, directory) ||
    compareWalkOrder(`${directory}/-`, after) > 0;
}
