import type { UnlistedDirectory } from "../../events/facts/origins.ts";
import { isAudioName } from "../base/mod.ts";
import {
  type ListOptions,
  type Origin,
  type OriginFile,
  OriginUnreachable,
} from "../origins/mod.ts";

/**
 * Lists the audio files of an origin in its order, in batches, each file once. Entries that could not be listed are
 * added to `unlisted`. A listing that goes back, as after a retry from the start, would give a second number to a new
 * file. Such a listing throws OriginUnreachable, like any other failure to answer.
 */
export async function* listedFiles(
  origin: Origin,
  options: ListOptions,
  unlisted: UnlistedDirectory[],
): AsyncIterableIterator<readonly OriginFile[]> {
  let last: string | undefined;
  for await (const batch of origin.list({ wanted: isAudioName, ...options })) {
    const files: OriginFile[] = [];
    let before = last;
    for (const entry of batch) {
      if (entry.kind === "unlisted") {
        unlisted.push({ path: entry.path, reason: entry.reason });
      } else if (entry.path !== before) {
        files.push(entry);
        before = entry.path;
      }
    }
    const first = files[0]?.path;
    if (first !== undefined && last !== undefined && origin.compare(first, last) < 0) {
      throw new OriginUnreachable(`Cannot list ${origin.root}: it names ${first} behind ${last}`);
    }
    last = before;
    yield files;
  }
}
