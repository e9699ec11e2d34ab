import { syntheticPlace } from "./bench_place.ts";

const RUNS = 7;
const FEW = 100;

/** Measures how long a mount takes with few and with many known tracks, in turn, so that noise affects both alike. */
export async function measureMounts(
  cache: string,
  many: number,
): Promise<{ few: number; many: number }> {
  const places = [await syntheticPlace(cache, FEW), await syntheticPlace(cache, many)];
  const times: number[][] = [[], []];
  for (let run = 0; run <= RUNS; run++) {
    for (const [index, place] of places.entries()) {
      await using mounted = await place.mount();
      // The first run brings the files into memory.
      if (run > 0) times[index]!.push(mounted.readyMs);
    }
  }
  return { few: median(times[0]!), many: median(times[1]!) };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
