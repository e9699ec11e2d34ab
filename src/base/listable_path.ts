import { NAME_BYTES_MAX } from "./limits.ts";

const encoder = new TextEncoder();

/** Whether an origin's path can be a path in the mount. Object stores allow names that no directory can show. */
export function isListablePath(path: string): boolean {
  return path.split("/").every(isListableName);
}

function isListableName(name: string): boolean {
  if (name === "" || name === "." || name === ".." || name.includes("\0")) return false;
  return name.length * 3 <= NAME_BYTES_MAX || encoder.encode(name).length <= NAME_BYTES_MAX;
}
