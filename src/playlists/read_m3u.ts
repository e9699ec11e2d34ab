import { PlaylistError } from "./playlist_error.ts";
import { addEntry } from "./add_entry.ts";
import { linesOf } from "./playlist_lines.ts";
import type { ListedPlaylist, PlaylistEntry } from "./read_playlist.ts";

/** Lines that only a list of the parts of a stream has, which has the same extension. */
const STREAM = /^#EXT-X-(?:TARGETDURATION|STREAM-INF|MEDIA-SEQUENCE)\b/i;
const TITLE = /^#PLAYLIST:\s*(\S.*)$/i;

/** Reads an `.m3u` or `.m3u8`: a file a line. Lines that begin with `#` say something about them. */
export function readM3u(bytes: Uint8Array): ListedPlaylist {
  let title: string | null = null;
  const entries: PlaylistEntry[] = [];
  for (const line of linesOf(bytes)) {
    if (!line.text.startsWith("#")) addEntry(entries, line);
    else if (STREAM.test(line.text)) {
      throw new PlaylistError("the parts of a stream (HLS) are no playlist of tracks");
    } else title ??= TITLE.exec(line.text)?.[1] ?? null;
  }
  return { kind: "list", title, entries };
}
