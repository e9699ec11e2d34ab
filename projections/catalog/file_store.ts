import type { DatabaseSync } from "node:sqlite";
import { type FileId, FIRST_FILE_ID, toFileId, type TrackId } from "../../src/base/mod.ts";
import { Query } from "../core/query.ts";
import { areMatchesIndexed } from "./possible_copies.ts";
import { type FileState, STATE_COLUMNS, stateFromRow, VISIBLE } from "./file_state.ts";

/** How many numbers of files are searched at a time. */
const NUMBERS_AT_ONCE = 2_000;

/** Reads files from the tables, for the folds and for queries. */
export class FileStore {
  readonly #byNumber: Query;
  readonly #copies: Query;
  readonly #primary: Query;
  readonly #primaries: Query;
  readonly #liveBetween: Query;
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    const from =
      `SELECT ${STATE_COLUMNS} FROM files f JOIN source_directories d ON d.id = f.directory`;
    this.#byNumber = new Query(db, `${from} WHERE f.number = ?`);
    this.#copies = new Query(
      db,
      `${from} WHERE f.number = ? AND f.track = f.number AND ${VISIBLE}
        UNION ALL ${from} WHERE f.track = ? AND f.track <> f.number AND ${VISIBLE}`,
    );
    this.#primary = new Query(
      db,
      `SELECT ${STATE_COLUMNS} FROM (SELECT ? AS track) n LEFT JOIN tracks t ON t.track = n.track
        CROSS JOIN files f ON f.number = coalesce(t.file, n.track) AND f.track = n.track
        CROSS JOIN source_directories d ON d.id = f.directory
        WHERE ${VISIBLE}`,
    );
    this.#primaries = new Query(
      db,
      `${from} LEFT JOIN tracks t ON t.track = f.track
        WHERE f.number > ? AND ${VISIBLE} AND f.number = coalesce(t.file, f.number)
        ORDER BY f.number LIMIT 1000`,
    );
    this.#liveBetween = new Query(
      db,
      `SELECT f.number FROM files f CROSS JOIN source_directories d ON d.id = f.directory
        WHERE f.number > ? AND f.number <= ? AND d.origin = ? AND f.removed = 0 ORDER BY f.number`,
    );
    this.#db = db;
  }

  get(file: FileId): FileState | undefined {
    const row = this.#byNumber.get(file);
    return row && stateFromRow(row);
  }

  /** The visible files that are copies of a track. */
  copies(track: TrackId): FileState[] {
    return this.#copies.all(track, track).map(stateFromRow);
  }

  /** The copy of a track that the tree shows; undefined when the track is not there. */
  primary(track: TrackId): FileState | undefined {
    const row = this.#primary.get(track);
    return row && stateFromRow(row);
  }

  /** The primary of each track, ascending by file. Reads in pages: the caller may write meanwhile. */
  *primaries(): IterableIterator<FileState> {
    for (let after = 0;;) {
      const rows = this.#primaries.all(after);
      if (rows.length === 0) return;
      for (const row of rows) yield stateFromRow(row);
      after = rows.at(-1)![0] as number;
    }
  }

  /**
   * Yields the numbers of the files of an origin that are not removed, ascending, `count` at a time. Now and then it
   * yields none, so that no step takes long. The caller may remove the files meanwhile.
   */
  *liveOf(origin: string, count: number): IterableIterator<FileId[]> {
    const few = this.#fewOf(origin, count);
    if (few !== undefined) return yield few;
    const found: FileId[] = [];
    const greatest = new Query(this.#db, "SELECT max(number) AS greatest FROM files").get()![0];
    for (let after = 0; after < (greatest as number); after += NUMBERS_AT_ONCE) {
      if (after === 0) after = FIRST_FILE_ID - 1;
      const rows = this.#liveBetween.all(after, after + NUMBERS_AT_ONCE, origin);
      for (const [number] of rows) found.push(toFileId(number as number));
      while (found.length >= count) yield found.splice(0, count);
      yield [];
    }
    yield found;
  }

  /**
   * All those numbers, when there are no more than `count` and the index that finds them exists; otherwise undefined.
   */
  #fewOf(origin: string, count: number): FileId[] | undefined {
    if (!areMatchesIndexed(this.#db)) return undefined;
    const rows = new Query(
      this.#db,
      `SELECT f.number FROM source_directories d CROSS JOIN files f ON f.directory = d.id
        WHERE d.origin = ? AND f.removed = 0 LIMIT ?`,
    ).all(origin, count + 1);
    if (rows.length > count) return undefined;
    return rows.map(([number]) => toFileId(number as number)).sort((a, b) => a - b);
  }
}
