import { basename, dirname, join, resolve } from "node:path";
import { EXIT, UserError } from "../base/mod.ts";
import type { Invocation } from "./context.ts";
import { withDaemon } from "./daemon.ts";

const FILE_SYSTEM_TYPE = "fuse.musicfs";

type Fuse = typeof import("../fuse/mod.ts");

/** `musicfs unmount MOUNTPOINT`: by the daemon that serves it; when none answers, by taking it off the tree. */
export async function unmount({ context, args }: Invocation): Promise<void> {
  const fuse = await import("../fuse/mod.ts");
  const mountpoint = mountpointOf(args[0]!, fuse);
  const served = await withDaemon(context, async (daemon) => {
    if (daemon === undefined) return false;
    const { mounts } = await daemon.request("status", {});
    if (!mounts.some((mount) => mount.mountpoint === mountpoint)) return false;
    const { in_use } = await daemon.request("unmount", { mountpoint });
    if (in_use) {
      context.output.note("Files of it are still open; the daemon ends when they are closed");
    }
    return true;
  });
  if (!served) await detach(mountpoint, fuse);
  context.output.print(
    { mountpoint, by: served ? "daemon" : "detach" },
    () => `Unmounted ${mountpoint}`,
  );
}

/** The path without symbolic links above its last segment, which a dead mount may keep from being asked. */
function mountpointOf(path: string, fuse: Fuse): string {
  const absolute = resolve(path);
  try {
    const parent = Deno.realPathSync(dirname(absolute));
    const candidate = join(parent, basename(absolute));
    return fuse.mountAt(candidate) === undefined ? Deno.realPathSync(candidate) : candidate;
  } catch {
    return absolute;
  }
}

async function detach(mountpoint: string, fuse: Fuse): Promise<void> {
  const type = fuse.mountAt(mountpoint)?.type;
  if (type !== FILE_SYSTEM_TYPE) {
    throw new UserError(
      type === undefined
        ? `Cannot unmount ${mountpoint}: nothing is mounted there`
        : `Cannot unmount ${mountpoint}: what is mounted there is ${type}, not musicfs`,
      { exitCode: EXIT.notFound },
    );
  }
  const left = await fuse.detachMount(mountpoint);
  if (left !== undefined) throw new UserError(`Cannot unmount ${mountpoint}: ${left}`);
}
