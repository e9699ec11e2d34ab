import { closeFile, O_RDONLY, openFile } from "./file.ts";

const encoder = new TextEncoder();

/**
 * Opens memory that another process of the same user shares as one of its descriptors (see memfd_create(2));
 * undefined when it is gone. The name is read from the opened file, so a descriptor number that means another file by
 * now does no harm.
 */
export function openSharedMemory(pid: number, fd: number, name: string): number | undefined {
  let opened: number | undefined;
  try {
    opened = openFile(encoder.encode(`/proc/${pid}/fd/${fd}`), O_RDONLY);
    if (Deno.readLinkSync(`/proc/self/fd/${opened}`) === `/memfd:${name} (deleted)`) return opened;
  } catch {
    // The process or its descriptor is gone, so there is nothing to open.
  }
  if (opened !== undefined) closeFile(opened);
  return undefined;
}
