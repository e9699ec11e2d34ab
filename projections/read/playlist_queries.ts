import type { DatabaseSync } from "node:sqlite";
import type { SoughtEntry } from "../../events/facts/playlists.ts";
import { type FileId, foldCase, type Seq, toTrackId, type TrackId } from "../../src/base/mod.ts";
import { splitPath, VISIBLE } from "../catalog/file_state.ts";
import { playlists } from "../catalog/playlists.ts";
import { PreparedQueries } from "../core/prepared_queries.ts";
import type { Row } from "../core/query.ts";

/** A playlist that lies, or lay, on an origin. */
export interface KnownPlaylist {
  readonly file: FileId;
  readonly origin: string;
  readonly path: string;
  /** Position of the event in which it was found last. */
  readonly found: Seq;
  /** The name of its collection, folded; null when it has none. */
  readonly collection: string | null;
  /** How many of its entries mean no track. */
  readonly missing: number;
  /** The first of those. */
  readonly sought: readonly SoughtEntry[];
}

/** A file of a track, as playlists name it. */
export interface NamedFile {
  readonly origin: string;
  readonly path: string;
  readonly track: TrackId;
}

const COLUMNS = "file, origin, path, found, collection, missing, sought";
/** Numbers of files that are looked at in one step. */
const STEP_FILES = 2_000;

/** Queries about the playlists that lie on origins, and for what they name. They change nothing. */
export class PlaylistQueries {
  readonly #ask: PreparedQueries;

  constructor(db: DatabaseSync) {
    this.#ask = new PreparedQueries(db);
  }

  /** Whether the playlists of a library of an older version are still being looked for in its log. */
  get isFilling(): boolean {
    const [versions] = this.#ask.get("SELECT versions FROM library")!;
    const known = JSON.parse(versions as string) as Record<string, number>;
    return known[playlists.name] !== playlists.version;
  }

  /** The playlist with a number; undefined when it is gone. */
  get(file: FileId): KnownPlaylist | undefined {
    const sql = `SELECT ${COLUMNS} FROM playlists WHERE file = ? AND gone = 0`;
    const row = this.#ask.get(sql, file);
    return row && playlist(row);
  }

  /** Playlists that were not read since they were found last, with numbers above `after`, at most `limit`. */
  unread(after: number, limit: number): KnownPlaylist[] {
    return this.#ask.all(
      `SELECT ${COLUMNS} FROM playlists
        WHERE file > ? AND gone = 0 AND read IS NOT found ORDER BY file LIMIT ?`,
      ...[after, limit],
    ).map(playlist);
  }

  /** Playlists with entries that mean no track yet, likewise. */
  seeking(after: number, limit: number): KnownPlaylist[] {
    return this.#ask.all(
      `SELECT ${COLUMNS} FROM playlists
        WHERE file > ? AND gone = 0 AND read = found AND sought IS NOT NULL ORDER BY file LIMIT ?`,
      ...[after, limit],
    ).map(playlist);
  }

  /** Playlists that are not there any more, and have a collection still. */
  gone(): KnownPlaylist[] {
    return this.#ask.all(`SELECT ${COLUMNS} FROM playlists WHERE gone = 1`).map(playlist);
  }

  /** The track of the file at a path; undefined when no track has one there. */
  trackAt(origin: string, path: string): TrackId | undefined {
    const [directory, name] = splitPath(path);
    const row = this.#ask.get(
      `SELECT f.track FROM source_directories d CROSS JOIN files f ON f.directory = d.id
        WHERE d.origin = ? AND d.path = ? AND f.name = ? AND ${VISIBLE}`,
      ...[origin, directory, name],
    );
    return row && toTrackId(row[0] as number);
  }

  /** All files of tracks whose names, folded, are among these, in many steps, of which most find none. */
  *named(folded: ReadonlySet<string>): IterableIterator<readonly NamedFile[]> {
    const [greatest] = this.#ask.get("SELECT max(number) AS greatest FROM files")!;
    const [least] = this.#ask.get("SELECT min(number) AS least FROM files")!;
    if (greatest === null) return;
    for (let from = least as number; from <= (greatest as number); from += STEP_FILES) {
      const rows = this.#ask.all(
        `SELECT f.name, f.directory, f.track FROM files f
          WHERE f.number >= ? AND f.number < ? AND ${VISIBLE}`,
        ...[from, from + STEP_FILES],
      );
      yield rows.flatMap(([name, directory, track]) =>
        folded.has(foldCase(name as string))
          ? [this.#file(name as string, directory as number, track as number)]
          : []
      );
    }
  }

  #file(name: string, directory: number, track: number): NamedFile {
    const [origin, path] = this.#ask.get(
      "SELECT origin, path FROM source_directories WHERE id = ?",
      directory,
    ) as [string, string];
    return { origin, path: path === "" ? name : `${path}/${name}`, track: toTrackId(track) };
  }
}

function playlist([file, origin, path, found, collection, missing, sought]: Row): KnownPlaylist {
  return {
    ...{ file, origin, path, found, collection, missing } as Omit<KnownPlaylist, "sought">,
    sought: sought === null ? [] : JSON.parse(sought as string),
  };
}
