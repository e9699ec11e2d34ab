import { statfsSync } from "node:fs";
import { isCompiled } from "../base/mod.ts";

/** What a compiled binary unpacks: one native add-on. */
const ROOM_BYTES = 8 * 1024 * 1024;

/**
 * Why the directory for temporary files can't take what a compiled binary unpacks to be run; undefined when it can. The
 * dynamic linker maps nothing from a file system without permission to execute.
 */
export function temporaryProblem(directory: string): string | undefined {
  try {
    const probe = Deno.makeTempFileSync({ dir: directory, prefix: ".musicfs-" });
    Deno.removeSync(probe);
    const { bsize, bavail } = statfsSync(directory);
    if (bsize * bavail < ROOM_BYTES) return "it is full";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return isMountedWithoutExecution(Deno.realPathSync(directory))
    ? "nothing may be executed there (noexec)"
    : undefined;
}

/** Where temporary files go unless {@link settleUnpacking} finds another place for them. */
export const TEMPORARY_DIRECTORY = Deno.env.get("TMPDIR") || "/tmp";

/**
 * Sees to it that a compiled binary finds a place to unpack to, for this process and those that it starts: below the
 * directory where things lie that can be made again, when the usual one will not do.
 */
export function settleUnpacking(cacheDir: string): void {
  if (!isCompiled() || temporaryProblem(TEMPORARY_DIRECTORY) === undefined) return;
  const directory = `${cacheDir}/unpacked`;
  try {
    Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (temporaryProblem(directory) === undefined) Deno.env.set("TMPDIR", directory);
  } catch {
    // Whoever needs the add-on says that it can't be had.
  }
}

function isMountedWithoutExecution(path: string): boolean {
  let longest = "";
  let isNoexec = false;
  for (const line of Deno.readTextFileSync("/proc/self/mountinfo").split("\n")) {
    const [, , , , escaped, options] = line.split(" ");
    if (escaped === undefined || options === undefined) continue;
    const place = escaped.replace(
      /\\([0-7]{3})/g,
      (_, code) => String.fromCharCode(parseInt(code, 8)),
    );
    const isAbove = place === "/" || path === place || path.startsWith(`${place}/`);
    // Of two at one place the later covers the other.
    if (!isAbove || place.length < longest.length) continue;
    longest = place;
    isNoexec = options.split(",").includes("noexec");
  }
  return isNoexec;
}
