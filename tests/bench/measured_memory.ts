import { syntheticPlace } from "./bench_place.ts";
import type { BenchResults } from "./figures.ts";
import { walkedFiles } from "./measured_files.ts";
import { residentMegabytes } from "./mounted_peer.ts";

/**
 * Measures the memory of a mount process that knows `tracks` tracks, after `idleMs` and after a walk over all of them.
 */
export async function measureMemory(
  cache: string,
  tracks: number,
  idleMs: number,
): Promise<BenchResults["memory"]> {
  const place = await syntheticPlace(cache, tracks);
  await using mounted = await place.mount();
  await place.quiet();
  await new Promise((done) => setTimeout(done, idleMs));
  const idle = await residentMegabytes(mounted.pid);
  const walked = await walkedFiles(place.mountpoint);
  if (walked !== tracks) throw new Error(`The walk met ${walked} files of ${tracks}`);
  return { idle, walked: await residentMegabytes(mounted.pid) };
}
