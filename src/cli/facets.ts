/** What `musicfs list` is asked for most; it lists any other field too. */
export const FACETS: readonly string[] = [
  ...["artists", "albumartists", "albums", "genres", "years", "decades", "composers", "labels"],
  ...["moods", "formats", "origins"],
];
