import type { Context } from "./context.ts";

/**
 * Does work that writes to the library with no daemon running, and keeps daemons and other such work away the while.
 * `command` is what was entered, for whoever is refused. Throws LibraryInUse when another process writes.
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
