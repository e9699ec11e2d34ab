import type { Settings } from "./settings.ts";

/** The directory of the projections, below the cache directory. */
export function libraryDirectory(settings: Pick<Settings, "cacheDir">): string {
  return `${settings.cacheDir}/projections`;
}

/** The directory of the chunks, below the cache directory. */
export function chunksDirectory(settings: Pick<Settings, "cacheDir">): string {
  return `${settings.cacheDir}/chunks`;
}

/** Where the log of what is stored is: it is deleted with the chunks. */
export function cacheLogDirectory(settings: Pick<Settings, "cacheDir">): string {
  return `${chunksDirectory(settings)}/log`;
}

/** Where the projections of that log are. */
export function storedDirectory(settings: Pick<Settings, "cacheDir">): string {
  return `${chunksDirectory(settings)}/projections`;
}

/** Where the projections of both logs are. */
export function cachePlaces(
  settings: Pick<Settings, "cacheDir">,
): { readonly library: string; readonly cache: string } {
  return { library: libraryDirectory(settings), cache: storedDirectory(settings) };
}
