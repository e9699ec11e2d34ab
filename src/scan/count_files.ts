import { type Exclusions, isAudioName } from "../base/mod.ts";
import type { Origin } from "../origins/mod.ts";

/**
 * Counts the music files of an origin, so that the duration of its first scan can be estimated: a listing of its own,
 * which looks at no file. For a local origin this is over in a moment; for a remote one it would cost as much as the
 * scan's own listing. Resolves with undefined when it was aborted or the origin can't be listed.
 */
export async function countFiles(
  origin: Origin,
  exclusions: Exclusions,
  signal: AbortSignal,
): Promise<number | undefined> {
  let files = 0;
  // The names are enough, so no file is looked at.
  const wanted = (name: string) => {
    if (isAudioName(name) && !exclusions.has(name)) files++;
    return false;
  };
  try {
    for await (const _ of origin.list({ wanted, exclusions, signal }));
    return files;
  } catch {
    // When the origin can't be listed, the scan itself reports that.
    return undefined;
  }
}
