/** What an absolute path is called inside the mount of ours that it lies in, if any; the mount isn't asked. */
export async function pathInMount(path: string): Promise<string | undefined> {
  const { parseMountinfo } = await import("../fuse/mod.ts");
  const mount = parseMountinfo(Deno.readTextFileSync("/proc/self/mountinfo"))
    .findLast(({ type, mountpoint }) =>
      type === "fuse.musicfs" && (path === mountpoint || path.startsWith(`${mountpoint}/`))
    );
  return mount === undefined ? undefined : path.slice(mount.mountpoint.length + 1);
}
