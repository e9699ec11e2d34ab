/** A track as a playlist names it. */
export interface PlaylistTrack {
  /** The path that a player follows from where the playlist is, or from the root. */
  readonly path: string;
  readonly title: string;
  readonly artist: string;
  /** Null when it is not known. */
  readonly duration_ms: number | null;
}

const LINE_BREAKS = /[\p{Cc}\u2028\u2029]/gu;

/** An extended M3U playlist in UTF-8. `remarks` are lines for people, at the end. */
export function playlistText(
  name: string,
  tracks: Iterable<PlaylistTrack>,
  remarks: readonly string[] = [],
): string {
  const lines = ["#EXTM3U", `#PLAYLIST:${oneLine(name)}`];
  for (const { path, title, artist, duration_ms } of tracks) {
    const seconds = duration_ms === null ? -1 : Math.round(duration_ms / 1_000);
    const what = [artist, title].filter((text) => text !== "").join(" - ");
    lines.push(`#EXTINF:${seconds},${oneLine(what)}`, path);
  }
  lines.push(...remarks.map((text) => `# ${oneLine(text)}`));
  return `${lines.join("\n")}\n`;
}

function oneLine(text: string): string {
  return text.replace(LINE_BREAKS, " ");
}
