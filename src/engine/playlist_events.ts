/**
 * What the log is told of a playlist that was read: decisions that know the collections, and change nothing.
 *
 * @module
 */
import type { MusicEvent, SoughtEntry } from "../../events/mod.ts";
import {
  type CollectionQueries,
  isBuiltInName,
  type KnownPlaylist,
  safeDirectoryName,
} from "../../projections/mod.ts";
import {
  COLLECTION_NAME_BYTES_MAX,
  PLAYLIST_SOUGHT_CHARS_MAX,
  PLAYLIST_SOUGHT_MAX,
  type TrackId,
  UserError,
} from "../base/mod.ts";
import type { PlaylistEntry } from "../playlists/mod.ts";
import { saving, type Wanted } from "./collection_events.ts";

/** What a playlist has: tracks with the entries that mean none, or a query, or why it can't be used. */
export type PlaylistContent =
  | {
    readonly tracks: readonly TrackId[];
    readonly missing: number;
    readonly sought: readonly SoughtEntry[];
  }
  | { readonly query: string }
  | { readonly problem: string };

/** What is decided of one playlist. */
export interface PlaylistDecision {
  readonly events: readonly MusicEvent[];
  /** The name of its collection; undefined when it has none. */
  readonly collection: string | undefined;
  readonly problem: string | undefined;
}

type Known = Pick<CollectionQueries, "get" | "all" | "isFilling" | "tracks">;

const NUMBERS_MAX = 100;

/** Sorts the entries of a list into tracks, and those that mean none. */
export function sorted(
  entries: readonly PlaylistEntry[],
  found: readonly (TrackId | undefined)[],
): { tracks: TrackId[]; missing: number; sought: SoughtEntry[] } {
  const tracks: TrackId[] = [];
  const sought: SoughtEntry[] = [];
  let missing = 0;
  let chars = 0;
  entries.forEach(({ text, raw }, i) => {
    const track = found[i];
    if (track !== undefined) return tracks.push(track);
    missing++;
    chars += text.length;
    if (sought.length >= PLAYLIST_SOUGHT_MAX || chars > PLAYLIST_SOUGHT_CHARS_MAX) return;
    sought.push({ text, ...raw !== null && { raw }, after: tracks.length });
  });
  return { tracks, missing, sought };
}

/** The list with the tracks that entries mean by now which meant none before. */
export function completed(
  list: readonly TrackId[],
  { missing, sought }: Pick<KnownPlaylist, "missing" | "sought">,
  found: readonly (TrackId | undefined)[],
): { tracks: TrackId[]; missing: number; sought: SoughtEntry[] } {
  const tracks: TrackId[] = [];
  const left: SoughtEntry[] = [];
  let at = 0;
  sought.forEach((entry, i) => {
    while (at < entry.after && at < list.length) tracks.push(list[at++]!);
    const track = found[i];
    if (track !== undefined) tracks.push(track);
    else left.push({ ...entry, after: tracks.length });
  });
  tracks.push(...list.slice(at));
  return { tracks, missing: missing - (sought.length - left.length), sought: left };
}

/**
 * The events of a playlist that was read. It keeps the collection that it has; a new one gets the name that the playlist
 * gives itself, or that of the file. A list without any track has no collection.
 */
export function deciding(
  known: Known,
  playlist: KnownPlaylist,
  content: PlaylistContent,
  title: string | null,
): PlaylistDecision {
  const own = playlist.collection === null ? undefined : known.get(playlist.collection);
  const { origin, file, found } = playlist;
  const read = { origin, file, found };
  const gone: MusicEvent[] = own === undefined
    ? []
    : [{ type: "CollectionRemoved", v: 1, data: { name: own.name } }];
  const without = (problem?: string): PlaylistDecision => ({
    events: [...gone, {
      type: "PlaylistRead",
      v: 1,
      data: {
        ...read,
        ...problem !== undefined && { problem },
        ..."tracks" in content && missed(content),
      },
    }],
    collection: undefined,
    problem,
  });
  if ("problem" in content) return without(content.problem);
  if ("tracks" in content && content.tracks.length === 0) return without();
  const name = own?.name ?? freeName(known, playlist, title);
  if (name === undefined) return without("too many collections have its name");
  let saved: MusicEvent[];
  try {
    saved = own !== undefined && has(known, own, content)
      ? []
      : saving(known, name, wanted(content));
  } catch (error) {
    if (error instanceof UserError) return without(error.message);
    throw error;
  }
  const data = { ...read, collection: name, ..."tracks" in content && missed(content) };
  return {
    events: [...saved, { type: "PlaylistRead", v: 1, data }],
    collection: name,
    problem: undefined,
  };
}

function wanted(content: Exclude<PlaylistContent, { problem: string }>): Wanted {
  return "query" in content ? { query: content.query } : { tracks: content.tracks };
}

function missed({ missing, sought }: { missing: number; sought: readonly SoughtEntry[] }) {
  return { ...missing > 0 && { missing }, ...sought.length > 0 && { sought } };
}

/** Whether a collection has that already. */
function has(
  known: Known,
  own: { readonly name: string; readonly query: string | null },
  content: Exclude<PlaylistContent, { problem: string }>,
): boolean {
  if ("query" in content) return own.query === content.query;
  if (own.query !== null) return false;
  const tracks = known.tracks(own.name);
  return tracks.length === content.tracks.length &&
    tracks.every((track, i) => track === content.tracks[i]);
}

/** A name that no collection has: with the directory of the file, its origin, or a number behind it if need be. */
function freeName(
  known: Known,
  { path, origin }: KnownPlaylist,
  title: string | null,
): string | undefined {
  const segments = path.split("/");
  const stem = segments.pop()!.replace(/\.[^.]*$/, "");
  const above = segments.at(-1) ?? origin;
  const wanted = (title ?? stem).replaceAll("/", "_").replace(/(?:\.m3u8?)+$/i, "");
  const isFree = (name: string) => !isBuiltInName(name) && known.get(name) === undefined;
  const plain = named(wanted, "");
  if (isFree(plain)) return plain;
  for (const more of [above, origin]) {
    const name = named(wanted, ` (${more.replaceAll("/", "_")})`);
    if (isFree(name)) return name;
  }
  for (let number = 2; number <= NUMBERS_MAX; number++) {
    const name = named(wanted, ` (${number})`);
    if (isFree(name)) return name;
  }
  return undefined;
}

function named(name: string, more: string): string {
  const behind = safeDirectoryName(`x${more}`, COLLECTION_NAME_BYTES_MAX / 2).slice(1);
  const { length } = new TextEncoder().encode(behind);
  const start = safeDirectoryName(name, COLLECTION_NAME_BYTES_MAX - length) || "playlist";
  return start + behind;
}
