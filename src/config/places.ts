import type { Settings } from "./settings.ts";

/** Where the projections are, below the cache directory. */
export function libraryDirectory(settings: Pick<Settings, "cacheDir">): string {
  return `${settings.cacheDir}/projections`;
}

/** Where the chunks are, below the cache directory. */
export function chunksDirectory(settings: Pick<Settings, "cacheDir">): string {
  return `${settings.cacheDir}/chunks`;
}
