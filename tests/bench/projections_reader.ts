/**
 * Reads from a library every ms, as the mount does for a stat, until a file is gone:
 * `deno run -A tests/bench/projections_reader.ts DIRECTORY FILE`. Prints {@link Looks} as JSON.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { LibraryReader, ROOT_ID } from "../../projections/mod.ts";
import { LISTING_START } from "../../src/base/mod.ts";

export interface Looks {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The time from the start to the first answer. */
  readonly startMs: number;
}

async function look(directory: string, sign: string): Promise<Looks> {
  const started = performance.now();
  const reader = LibraryReader.open(directory)!;
  reader.node(ROOT_ID);
  const startMs = performance.now() - started;
  const artists = reader.children(ROOT_ID, LISTING_START, 20_000);
  const times: number[] = [];
  for (let i = 0; existsSync(sign); i++) {
    reader.reopen();
    const { name } = artists[i * 7919 % artists.length]!;
    const started = performance.now();
    const artist = reader.lookup(ROOT_ID, name)!;
    const [album] = reader.children(artist.node.id, LISTING_START, 1);
    reader.node(album!.node.id);
    times.push(performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  reader.close();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0;
  return { count: times.length, p50Ms: at(0.5), p99Ms: at(0.99), startMs };
}

if (import.meta.main) {
  const [directory, sign] = Deno.args as [string, string];
  console.log(JSON.stringify(await look(directory, sign)));
}
