import { statfsSync } from "node:fs";

/** The room that a compiled binary's native add-on needs. */
const ROOM_BYTES = 8 * 1024 * 1024;

/**
 * Why the directory for temporary files can't take the add-on that a compiled binary unpacks; undefined when it can.
 * The dynamic linker maps no file of a file system that is mounted `noexec`.
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

/** The directory for temporary files, unless {@link settleUnpacking} chooses another. */
export const TEMPORARY_DIRECTORY = Deno.env.get("TMPDIR") || "/tmp";

/**
 * Chooses a directory to unpack to for a compiled binary and the processes that it starts: one below the cache
 * directory when the usual one can't be used.
 */
export function settleUnpacking(cacheDir: string): void {
  if (temporaryProblem(TEMPORARY_DIRECTORY) === undefined) return;
  const directory = `${cacheDir}/unpacked`;
  try {
    Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (temporaryProblem(directory) === undefined) Deno.env.set("TMPDIR", directory);
  } catch {
    // The code that needs the add-on reports that it can't be loaded.
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
    // Of two mounts at one place the later one covers the other.
    if (!isAbove || place.length < longest.length) continue;
    longest = place;
    isNoexec = options.split(",").includes("noexec");
  }
  return isNoexec;
}
