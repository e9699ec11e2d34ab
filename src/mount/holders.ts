import { bytesFromString } from "../base/mod.ts";
import type { Holder } from "../control/protocol.ts";
import { closeFile, O_PATH, openFile } from "../posix/mod.ts";

/**
 * The processes with a file or their working directory in a mount, also after the mount was taken off the tree: the
 * kernel names the mount of every open file in /proc. This asks /proc alone and never the file system, since this
 * very process would have to answer. A process that isn't root's sees only the processes of its own user.
 */
export async function holdersOf(mountId: number): Promise<Holder[]> {
  const found: Holder[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === Deno.pid) continue;
    if (await holds(pid, mountId)) found.push({ pid, name: await nameOf(pid) });
  }
  return found.sort((a, b) => a.pid - b.pid);
}

async function holds(pid: number, mountId: number): Promise<boolean> {
  if (await isWorkingIn(pid, mountId)) return true;
  try {
    for await (const { name } of Deno.readDir(`/proc/${pid}/fdinfo`)) {
      if (await mountOf(`/proc/${pid}/fdinfo/${name}`) === mountId) return true;
    }
  } catch {
    // The process has ended, or belongs to another user.
  }
  return false;
}

/** Whether the process has its working directory in the mount. */
async function isWorkingIn(pid: number, mountId: number): Promise<boolean> {
  let fd: number | undefined;
  try {
    // O_PATH makes a mere reference, for which the kernel asks the file system nothing.
    fd = openFile(bytesFromString(`/proc/${pid}/cwd`), O_PATH);
    return await mountOf(`/proc/self/fdinfo/${fd}`) === mountId;
  } catch {
    return false;
  } finally {
    if (fd !== undefined) closeFile(fd);
  }
}

async function mountOf(fdinfo: string): Promise<number | undefined> {
  try {
    const id = /^mnt_id:\s*(\d+)/m.exec(await Deno.readTextFile(fdinfo))?.[1];
    return id === undefined ? undefined : Number(id);
  } catch {
    return undefined;
  }
}

async function nameOf(pid: number): Promise<string> {
  try {
    return (await Deno.readTextFile(`/proc/${pid}/comm`)).trim();
  } catch {
    return "";
  }
}
