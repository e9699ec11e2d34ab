import { bytesFromString } from "../base/mod.ts";

/**
 * The order in which a walk lists files: a directory's files first, by the bytes of their names, then
 * its subdirectories one after the other, by the bytes of theirs. Negative when `a` comes before `b`.
 */
export function compareWalkOrder(a: string, b: string): number {
  const left = a.split("/");
  const right = b.split("/");
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    const leftIsFile = i === left.length - 1;
    const rightIsFile = i === right.length - 1;
    if (leftIsFile !== rightIsFile) return leftIsFile ? -1 : 1;
    const order = compareBytes(left[i]!, right[i]!);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Compares two names by their bytes, which differs from the order of UTF-16 units. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  const left = bytesFromString(a);
  const right = bytesFromString(b);
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    if (left[i] !== right[i]) return left[i]! - right[i]!;
  }
  return left.length - right.length;
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
