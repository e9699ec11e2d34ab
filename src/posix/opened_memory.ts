import { closeFile, O_RDONLY, openFile } from "./file.ts";

const encoder = new TextEncoder();

/**
 * Opens memory that another process of the same user shares by a descriptor of its own (see memfd_create(2)); undefined
 * when it is gone. The name is read from what was opened, so a number that means another file by now does no harm.
 */
export function openSharedMemory(pid: number, fd: number, name: string): number | undefined {
  let opened: number | undefined;
  try {
    opened = openFile(encoder.encode(`/proc/${pid}/fd/${fd}`), O_RDONLY);
    if (Deno.readLinkSync(`/proc/self/fd/${opened}`) === `/memfd:${name} (deleted)`) return opened;
  } catch {
    // The process or its descriptor is gone: there is nothing more to learn about it.
  }
  if (opened !== undefined) closeFile(opened);
  return undefined;
}
