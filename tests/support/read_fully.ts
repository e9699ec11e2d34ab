import type { LibraryFileSystem } from "../../src/vfs/mod.ts";

/** Reads as the kernel's side does; the memory is handed in anew each time. Rejects with FileSystemError. */
export async function readFully(
  fs: LibraryFileSystem,
  handle: number,
  offset: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let into = new Uint8Array(length);
  const reading = fs.read(handle, offset, into);
  if (typeof reading === "number") return into.subarray(0, reading);
  for (;;) {
    // What was handed in belongs to somebody else by now.
    into.fill(0xee);
    await reading.ready();
    into = new Uint8Array(length);
    const count = reading.fill(into);
    if (count !== undefined) return into.subarray(0, count);
  }
}
