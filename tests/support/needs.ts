import { fileURLToPath } from "node:url";

/** Material beside the checkout that only some machines have; no package contains it. */
const BESIDE = fileURLToPath(new URL("../../../shared/", import.meta.url));

/**
 * Whether this machine has everything that a test needs: programs by name, files by absolute path. One line names the
 * missing things, and the caller ignores the test. With MUSICFS_REQUIRE_ALL=1, as in CI, a missing thing is an error
 * instead, except material beside the checkout, which nobody can install.
 */
export function needs(...things: string[]): boolean {
  const missing = things.filter((thing) => !isThere(thing));
  if (missing.length === 0) return true;
  const beside = missing.every((thing) => thing.startsWith(BESIDE));
  const line = `skipped: needs ${missing.join(", ")}${beside ? " (beside the checkout)" : ""}`;
  if (!beside && Deno.env.get("MUSICFS_REQUIRE_ALL") === "1") throw new Error(line);
  console.log(line);
  return false;
}

function isThere(thing: string): boolean {
  if (thing.startsWith("/")) return exists(thing);
  const path = Deno.env.get("PATH") ?? "";
  return path.split(":").some((directory) => exists(`${directory}/${thing}`));
}

/** Whether something exists at the path; links are followed. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
