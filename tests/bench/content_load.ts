import { join } from "node:path";
import type { BenchPlace } from "./bench_place.ts";
import { contentClient } from "./content_client.ts";
import { sharedMegabytes, usedMegabytes } from "./process_memory.ts";

const SAMPLE_MS = 100;

export interface LoadFigures {
  /** Files that were open at the same time and answered a read. */
  open: number;
  /** The highest memory of mount and engine together, in MB. */
  memory: number;
}

/** Keeps uncached files open, each with a read, while readers play other files, and watches the daemon's memory. */
export async function underLoad(
  place: BenchPlace,
  players: readonly string[],
  open: readonly string[],
  { paceMs, blocks }: { paceMs: number; blocks: number },
): Promise<LoadFigures> {
  await using mounted = await place.mount();
  const paths = [...players, ...open].map((path) => join(mounted.mountpoint, path));
  let isOver = false;
  const client = contentClient<{ open: number; read: number }>(
    ...["hold", String(paceMs), String(blocks), String(open.length)],
    ...paths,
  ).finally(() => isOver = true);
  let memory = 0;
  while (!isOver) {
    memory = Math.max(memory, await daemonMegabytes(place, mounted.pid));
    await new Promise((done) => setTimeout(done, SAMPLE_MS));
  }
  const { read } = await client;
  return { open: read, memory };
}

/** The memory of mount and engine: their private memory, their share of common memory, and the bytes under way. */
async function daemonMegabytes(place: BenchPlace, mount: number): Promise<number> {
  const { pid } = (await place.status()).engine;
  const engine = pid === null ? 0 : await usedMegabytes(pid) + await sharedMegabytes(pid);
  return engine + await usedMegabytes(mount);
}
