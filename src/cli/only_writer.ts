import type { Context } from "./context.ts";

/**
 * Does work that writes to the library while no daemon runs, and locks the library so that neither a daemon nor other
 * such work starts meanwhile. `command` is the command that was entered, which other processes show when they are
 * refused. Throws LibraryInUse when another process writes.
 */
export async function asOnlyWriter<T>(
  context: Context,
  command: string,
  work: () => Promise<T>,
): Promise<T> {
  const { LibraryLock } = await import("../control/mod.ts");
  const { stateDir, cacheDir } = context.locations;
  Deno.mkdirSync(cacheDir, { recursive: true, mode: 0o700 });
  using _lock = await LibraryLock.take({ stateDir, cacheDir }, {
    command,
    mountpoint: null,
    socket: null,
  });
  return await work();
}
