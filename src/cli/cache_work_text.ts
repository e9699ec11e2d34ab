import { formatBytes } from "../base/mod.ts";
import type { CacheWork, Status } from "../control/protocol.ts";

const DOING = { pin: "Fetching", warm: "Fetching", verify: "Reading the chunks" } as const;

/** "Fetching: 3.4 MB of 40 MB, 9 %". */
export function cacheWorkText({ what, done_bytes, total_bytes }: CacheWork): string {
  const percent = total_bytes === 0 ? 100 : Math.floor(100 * done_bytes / total_bytes);
  return `${DOING[what]}: ${formatBytes(done_bytes)} of ${formatBytes(total_bytes)}, ${percent} %`;
}

/** The same text for the work of a daemon; undefined while it has none. */
export function statusWorkText({ cache: { work } }: Status): string | undefined {
  return work === null ? undefined : cacheWorkText(work);
}
