/**
 * Looks at a directory tree for tests.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { run } from "./daemon.ts";

/** The SHA-256 of a file's content in hex. */
export function sha256(path: string): string {
  return createHash("sha256").update(Deno.readFileSync(path)).digest("hex");
}

/** Every regular file below a directory, relative to it, sorted. */
export function filesBelow(directory: string, prefix = ""): string[] {
  const out: string[] = [];
  for (const entry of Deno.readDirSync(`${directory}/${prefix}`)) {
    const path = prefix + entry.name;
    if (entry.isDirectory) out.push(...filesBelow(directory, `${path}/`));
    else out.push(path);
  }
  return out.sort();
}

/** Whether anything has the path, a dangling link included. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Inode number, type, size, time and path of everything in the tree. */
export async function inodes(mountpoint: string): Promise<string[]> {
  const { stdout, code } = await run(["find", mountpoint, "-printf", "%i %y %s %T@ %P\\n"]);
  assert.equal(code, 0);
  return stdout.trim().split("\n").sort();
}

/** Writes a file, and makes the directories above it. */
export function write(path: string, bytes: Uint8Array): void {
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  Deno.writeFileSync(path, bytes);
}
