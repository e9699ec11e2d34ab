/**
 * The path inside our mount that an absolute path leads to; undefined when it lies in no mount of ours. Does not
 * touch the mount.
 */
export async function pathInMount(path: string): Promise<string | undefined> {
  const { parseMountinfo } = await import("../fuse/mod.ts");
  const mount = parseMountinfo(Deno.readTextFileSync("/proc/self/mountinfo"))
    .findLast(({ type, mountpoint }) =>
      type === "fuse.musicfs" && (path === mountpoint || path.startsWith(`${mountpoint}/`))
    );
  return mount === undefined ? undefined : path.slice(mount.mountpoint.length + 1);
}
