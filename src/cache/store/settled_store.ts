/**
 * Whether chunks came or went since somebody compared them all with what the log promises: then a directory of chunks is
 * younger than a file whose time was set by whoever compared, or there are others than the file says.
 *
 * @module
 */
const SETTLED = "settled";
/** Somebody may have set clocks and times: all chunks are looked at once a day. */
const SETTLED_MS_MAX = 24 * 3_600_000;
/** The times of file systems go by ticks: what comes or goes in the one in which the time is set must be younger. */
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
    // It was not settled, or its disk is away.
  }
}

/** When something last came or went in each directory of chunks. */
function timesOfDirectories(directory: string): number[] {
  const times: number[] = [];
  for (let number = 0; number < 256; number++) {
    const time = timeOf(`${directory}/${number.toString(16).padStart(2, "0")}`);
    if (time !== undefined) times.push(time);
  }
  return times;
}

/** When something last changed there, ms since the epoch. */
function timeOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).mtime?.getTime();
  } catch {
    return undefined;
  }
}
