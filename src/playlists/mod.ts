/**
 * Playlist files as they lie beside music: what is written in them, and which tracks that means.
 *
 * - `.m3u`, `.m3u8` and `.pls` are lists of files. Each entry is text that a program wrote on some machine: a path
 *   relative to the playlist, a path of that machine, a `file://` address, with backslashes, in a legacy encoding.
 *   {@link findEntries} finds the files that are meant, and says which entries mean none.
 * - `.nsp` is a rule of Navidrome's, in JSON. It becomes the text of a query ({@link readSmartPlaylist}). A rule that
 *   the query language can't express makes the whole file an error that names it, since a playlist without one of its
 *   rules would be another playlist.
 *
 * All of it is input from outside: sizes are bounded, and whatever the bytes are, nothing but a {@link PlaylistError} is
 * thrown. Nothing here reads a disk or knows the library.
 *
 * @module
 */
export {
  findEntries,
  type KnownFile,
  type KnownFiles,
  type PlaylistPlace,
} from "./find_entries.ts";
export { PlaylistError } from "./playlist_error.ts";
export {
  type ListedPlaylist,
  type Playlist,
  type PlaylistEntry,
  type QueriedPlaylist,
  readPlaylist,
} from "./read_playlist.ts";
