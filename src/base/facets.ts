/** What tracks are browsed by in `/.by`, in the order in which a directory names them. */
export const FACETS = [
  ...["artist", "albumartist", "album", "genre", "year", "decade", "composer"] as const,
  ...["label", "mood", "format", "origin", "added", "folder"] as const,
] as const;

export type FacetName = typeof FACETS[number];
