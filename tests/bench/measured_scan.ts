import { join } from "node:path";
import { TREE } from "./bench_library.ts";
import { syntheticPlace, withPlace } from "./bench_place.ts";
import type { BenchResults } from "./figures.ts";
import { mutagenRate } from "./measured_files.ts";

const RESCANS = 3;

/**
 * Measures a first scan, a scan that finds nothing changed, and a replay, beside mutagen's loop. All in files per
 * second.
 */
export async function measureScan(
  library: string,
  cache: string,
  synthetic: number,
): Promise<BenchResults["scan"]> {
  const tree = join(library, TREE);
  // mutagen, the slower of the two, goes first: its first loop brings the files into the page cache for both.
  await mutagenRate(tree);
  const mutagen = await mutagenRate(tree);
  const scanned = await withPlace(tree, async (place) => {
    await using _mounted = await place.mount();
    const first = await place.rescan();
    const { tracks } = (await place.status()).library;
    const again: number[] = [];
    for (let run = 0; run < RESCANS; run++) again.push(await place.rescan());
    return { musicfs: tracks / first * 1_000, rescan: tracks / Math.min(...again) * 1_000 };
  });
  const place = await syntheticPlace(cache, synthetic);
  await using _mounted = await place.mount();
  const replay = await place.replay();
  return { ...scanned, replay, ...(mutagen === undefined ? {} : { mutagen }) };
}
