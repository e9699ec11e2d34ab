import { extensionOf, formatBytes, PLAYLIST_BYTES_MAX } from "../base/mod.ts";
import { PlaylistError } from "./playlist_error.ts";
import type { PlaylistLine } from "./playlist_lines.ts";
import { readM3u } from "./read_m3u.ts";
import { readPls } from "./read_pls.ts";
import { readSmartPlaylist } from "./read_smart_playlist.ts";

/** What a playlist says of one file: see {@link PlaylistLine}. */
export type PlaylistEntry = PlaylistLine;

export interface ListedPlaylist {
  readonly kind: "list";
  /** The name that the file gives itself, if it does. */
  readonly title: string | null;
  readonly entries: readonly PlaylistEntry[];
}

export interface QueriedPlaylist {
  readonly kind: "query";
  readonly title: string | null;
  /** The text of a query that can be parsed. */
  readonly query: string;
  /** Where the query means something slightly other than the file: sentences without a full stop. */
  readonly remarks: readonly string[];
}

export type Playlist = ListedPlaylist | QueriedPlaylist;

const READERS: ReadonlyMap<string, (bytes: Uint8Array) => Playlist> = new Map<
  string,
  (bytes: Uint8Array) => Playlist
>([
  ["m3u", readM3u],
  ["m3u8", readM3u],
  ["pls", readPls],
  ["nsp", readSmartPlaylist],
]);

/** Reads a playlist with a name for which `isPlaylistName` holds. Throws PlaylistError, and nothing else, for any bytes. */
export function readPlaylist(name: string, bytes: Uint8Array): Playlist {
  if (bytes.length > PLAYLIST_BYTES_MAX) {
    throw new PlaylistError(`it has more than ${formatBytes(PLAYLIST_BYTES_MAX)}`);
  }
  return READERS.get(extensionOf(name))!(bytes);
}
