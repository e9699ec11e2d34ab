import { fileURLToPath } from "node:url";

/** Material that lies beside the checkout on some machines; no package has it. */
const BESIDE = fileURLToPath(new URL("../../../shared/", import.meta.url));

/**
 * Whether everything a test needs is on this machine: programs by name, files by absolute path. What is
 * missing is named in one line, and the test is to be ignored; with MUSICFS_REQUIRE_ALL=1, as in CI, a
 * missing thing is an error instead, unless it is one that could not be installed.
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

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
