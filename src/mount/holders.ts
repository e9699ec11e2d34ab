import { bytesFromString } from "../base/mod.ts";
import type { Holder } from "../control/protocol.ts";
import { closeFile, O_PATH, openFile } from "../posix/mod.ts";

/**
 * Processes with something open in a mount, also after it was taken off the tree: each open file names the mount that it
 * was opened in. Nothing in here asks the file system itself, whose answers this process would have to give. Processes
 * of others are passed over unless this one is root's.
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
    // It has ended, or is another user's.
  }
  return false;
}

/** Whether its working directory lies in the mount. */
async function isWorkingIn(pid: number, mountId: number): Promise<boolean> {
  let fd: number | undefined;
  try {
    // A mere reference: the file system is not asked for it.
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
