/**
 * The tracks of an album in the order in which they are heard. No table has albums: it would slow down every replay for
 * a query that is made once a play. The other tracks of an album are sought where albums lie: in the directory of the
 * tree that holds the track, and in the directories of its origin that hold its file.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { TrackId } from "../../src/base/mod.ts";
import { TRACK } from "../tree/node_kinds.ts";
import { Query, type Row } from "../core/query.ts";
import {
  type FileState,
  splitPath,
  STATE_COLUMNS,
  stateFromRow,
  VISIBLE,
} from "../catalog/file_state.ts";
import { DISC_DIRECTORY } from "../naming/path_guess.ts";
import type { TrackNames } from "../naming/track_names.ts";

/** How many files are looked at in one directory. A directory with more is not an album. */
const COMPANIONS_MAX = 1_000;

/** Answers which tracks come after a track on its album. */
export class AlbumOrder {
  readonly #primary: Query;
  readonly #inTree: Query;
  readonly #directories: Query;
  readonly #inDirectory: Query;

  constructor(db: DatabaseSync) {
    const from =
      `SELECT ${STATE_COLUMNS} FROM files f JOIN source_directories d ON d.id = f.directory`;
    const limit = `LIMIT ${COMPANIONS_MAX + 1}`;
    const primary = "f.number = coalesce((SELECT t.file FROM tracks t WHERE t.track = s.id), s.id)";
    const isTrack = `kind = ${TRACK}`;
    this.#primary = new Query(
      db,
      `SELECT ${STATE_COLUMNS} FROM nodes s CROSS JOIN files f ON ${primary}
        JOIN source_directories d ON d.id = f.directory WHERE s.id = ? AND s.${isTrack}`,
    );
    this.#inTree = new Query(
      db,
      `SELECT ${STATE_COLUMNS} FROM nodes s CROSS JOIN files f ON ${primary}
        JOIN source_directories d ON d.id = f.directory
        WHERE s.parent = (SELECT parent FROM nodes WHERE id = ? AND ${isTrack}) AND s.${isTrack} ${limit}`,
    );
    this.#directories = new Query(
      db,
      "SELECT path FROM source_directories WHERE origin = ? AND path > ? AND path < ?",
    );
    this.#inDirectory = new Query(
      db,
      `${from} WHERE d.origin = ? AND d.path = ? AND ${VISIBLE} ${limit}`,
    );
  }

  /** The tracks after a track, by disc, number and path, at most `limit`. */
  after(track: TrackId, limit: number): TrackId[] {
    const [one] = this.#primary.all(track).map(stateFromRow);
    if (one === undefined || one.names.album === "") return [];
    const album = albumOf(one.names);
    const tracks = new Map<TrackId, FileState>();
    for (const state of [...noHeap(this.#inTree.all(track)), ...this.#inOrigin(one)]) {
      if (state.track !== track && albumOf(state.names) === album) tracks.set(state.track, state);
    }
    return [...tracks.values()].filter((state) => compare(state, one) > 0).sort(compare)
      .slice(0, limit).map((state) => state.track);
  }

  /**
   * The files beside a file on its origin. When its directory is one of several discs, those of the other discs too.
   */
  #inOrigin({ origin, path }: FileState): FileState[] {
    const [directory] = splitPath(path);
    const [parent, name] = splitPath(directory);
    const discs = DISC_DIRECTORY.test(name) && parent !== ""
      ? this.#directories.all(origin, `${parent}/`, `${parent}0`)
        .map(([path]) => path as string)
        .filter((path) => DISC_DIRECTORY.test(path.slice(parent.length + 1)))
      : [directory];
    return discs.flatMap((directory) => noHeap(this.#inDirectory.all(origin, directory)));
  }
}

function noHeap(rows: Row[]): FileState[] {
  return rows.length > COMPANIONS_MAX ? [] : rows.map(stateFromRow);
}

/** The identity of an album, as in the totals (see status). */
function albumOf({ artist, albumartist, album }: TrackNames): string {
  return `${albumartist || artist}\u001f${album}`;
}

function compare(a: FileState, b: FileState): number {
  const [one, other] = [a.names, b.names];
  return (one.disc || 1) - (other.disc || 1) || one.track - other.track ||
    (a.path < b.path ? -1 : Number(a.path > b.path));
}
