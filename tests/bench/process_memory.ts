/** The memory of a process by its proportional share (PSS), in MB; 0 when the process has ended. */
export async function usedMegabytes(pid: number): Promise<number> {
  try {
    const text = await Deno.readTextFile(`/proc/${pid}/smaps_rollup`);
    return Number(/^Pss:\s+(\d+)/m.exec(text)![1]) / 1024;
  } catch {
    return 0;
  }
}

/** Memory in files without a name (memfd) that a process has open but has not mapped, in MB. */
export async function sharedMegabytes(pid: number): Promise<number> {
  const directory = `/proc/${pid}/fd`;
  let bytes = 0;
  try {
    for await (const { name } of Deno.readDir(directory)) {
      const path = `${directory}/${name}`;
      const link = await Deno.readLink(path).catch(() => "");
      if (!link.startsWith("/memfd:")) continue;
      bytes += await Deno.stat(path).then(({ blocks }) => (blocks ?? 0) * 512, () => 0);
    }
  } catch {
    // The process has ended.
  }
  return bytes / 1024 / 1024;
}
