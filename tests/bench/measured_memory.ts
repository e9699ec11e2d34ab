import { syntheticPlace } from "./bench_place.ts";
import { walkedFiles } from "./measured_files.ts";
import { residentMegabytes } from "./mounted_peer.ts";

export interface MemoryOptions {
  /** The number of tracks that the library knows. */
  readonly known: number;
  /** The number of tracks that are walked over. */
  readonly walked: number;
  /** The ms before the process counts as idle. */
  readonly idleMs: number;
}

/** Measures the resident MB of a mount process when it is idle, and after a walk. */
export async function measureMemory(
  cache: string,
  { known, walked, idleMs }: MemoryOptions,
): Promise<{ idle: number; walked: number }> {
  const place = await syntheticPlace(cache, known);
  await using mounted = await place.mount();
  await place.quiet();
  await new Promise((done) => setTimeout(done, idleMs));
  const idle = await residentMegabytes(mounted.pid);
  const met = await walkedFiles(place.mountpoint, walked);
  if (met < walked) throw new Error(`The walk met ${met} files of ${walked}`);
  return { idle, walked: await residentMegabytes(mounted.pid) };
}
