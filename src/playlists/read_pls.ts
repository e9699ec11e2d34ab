import { PlaylistError } from "./playlist_error.ts";
import { addEntry } from "./add_entry.ts";
import { linesOf } from "./playlist_lines.ts";
import type { ListedPlaylist, PlaylistEntry } from "./read_playlist.ts";

const FILE = /^File(\d{1,9})\s*=\s*(\S.*)$/is;
const VALUE = /^[^=]*=\s*/s;

interface NumberedEntry extends PlaylistEntry {
  readonly number: number;
}

/** Reads a `.pls`: lines such as `File1=some/track.mp3`, in the order of their numbers. */
export function readPls(bytes: Uint8Array): ListedPlaylist {
  const lines = linesOf(bytes);
  const first = lines.next();
  if (first.done || !/^\[playlist\]$/i.test(first.value.text)) {
    throw new PlaylistError("the first line is not [playlist]");
  }
  const files: NumberedEntry[] = [];
  for (const { text, raw } of lines) {
    const match = FILE.exec(text);
    if (match === null) continue;
    const entry = { text: match[2]!, raw: raw === null ? null : raw.replace(VALUE, "") };
    addEntry(files, { number: Number(match[1]), ...entry });
  }
  files.sort((a, b) => a.number - b.number);
  return { kind: "list", title: null, entries: files.map(({ text, raw }) => ({ text, raw })) };
}
