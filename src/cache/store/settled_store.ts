/**
 * Tells whether chunks came or went since they were last compared with the log. The comparison leaves the file
 * `settled`: its time is that of the comparison, and it holds the number of directories of chunks. Chunks came or went
 * when one of these directories is younger than the file, or their number differs.
 *
 * @module
 */
const SETTLED = "settled";
/** All chunks are compared at least once a day, since somebody may have set clocks and times. */
const SETTLED_MS_MAX = 24 * 3_600_000;
/**
 * File systems count time in ticks. The file's time is set back by this, so that a change in the tick of the comparison
 * is younger.
 */
const TICK_MS = 20;

/** See {@link ChunkStore.isSettled}. */
export function isStoreSettled(directory: string): boolean {
  const path = `${directory}/${SETTLED}`;
  const at = timeOf(path);
  const now = Date.now();
  if (at === undefined || at > now || now - at > SETTLED_MS_MAX) return false;
  const times = timesOfDirectories(directory);
  try {
    if (Deno.readTextFileSync(path) !== `${times.length}\n`) return false;
  } catch {
    return false;
  }
  return times.every((changed) => changed <= at);
}

/** See {@link ChunkStore.settle}. */
export function settleStore(directory: string): void {
  const path = `${directory}/${SETTLED}`;
  const count = timesOfDirectories(directory).length;
  Deno.writeTextFileSync(path, `${count}\n`, { mode: 0o600 });
  const time = new Date(Date.now() - TICK_MS);
  Deno.utimeSync(path, time, time);
}

/** See {@link ChunkStore.unsettle}. */
export function unsettleStore(directory: string): void {
  try {
    Deno.removeSync(`${directory}/${SETTLED}`);
  } catch {
    // The store was not settled, or its disk is away.
  }
}

/** When an entry of each directory of chunks last came or went, in ms since the epoch. */
function timesOfDirectories(directory: string): number[] {
  const times: number[] = [];
  for (let number = 0; number < 256; number++) {
    const time = timeOf(`${directory}/${number.toString(16).padStart(2, "0")}`);
    if (time !== undefined) times.push(time);
  }
  return times;
}

/** The modification time of a file or directory, in ms since the epoch. */
function timeOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).mtime?.getTime();
  } catch {
    return undefined;
  }
}
