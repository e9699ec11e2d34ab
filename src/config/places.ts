import type { Settings } from "./settings.ts";

/** The directory of the projections, below the cache directory. */
export function libraryDirectory(settings: Pick<Settings, "cacheDir">): string {
  return `${settings.cacheDir}/projections`;
}

/** The directory of the chunks, below the cache directory. */
export function chunksDirectory(settings: Pick<Settings, "cacheDir">): string {
  return `${settings.cacheDir}/chunks`;
}
