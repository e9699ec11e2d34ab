/** Where the library of a state directory is mounted now; undefined when it is not. Does not touch the mount. */
export async function mountedAt(stateDir: string): Promise<string | undefined> {
  const { libraryHolder } = await import("../control/mod.ts");
  const { mountpoint = null } = await libraryHolder(stateDir) ?? {};
  if (mountpoint === null) return undefined;
  const { parseMountinfo } = await import("../fuse/mod.ts");
  const isMounted = parseMountinfo(Deno.readTextFileSync("/proc/self/mountinfo"))
    .some((mount) => mount.type === "fuse.musicfs" && mount.mountpoint === mountpoint);
  return isMounted ? mountpoint : undefined;
}
