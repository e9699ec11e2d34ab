import { formatCount, PLAYLIST_ENTRIES_MAX } from "../base/mod.ts";
import { PlaylistError } from "./playlist_error.ts";

/** Adds an entry to those of a playlist, which can't have any number of them. */
export function addEntry<T>(entries: T[], entry: T): void {
  if (entries.length >= PLAYLIST_ENTRIES_MAX) {
    throw new PlaylistError(`it has more than ${formatCount(PLAYLIST_ENTRIES_MAX)} entries`);
  }
  entries.push(entry);
}
