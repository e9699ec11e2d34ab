import type { DatabaseSync } from "node:sqlite";
import { Query } from "./_query.ts";
import { type FileState, STATE_COLUMNS, stateFromRow, VISIBLE } from "./file_state.ts";

/** Reads files back as the folds and the questions need them. */
export class FileStore {
  readonly #byNumber: Query;
  readonly #copies: Query;
  readonly #primaries: Query;
  readonly #liveOf: Query;

  constructor(db: DatabaseSync) {
    const from =
      `SELECT ${STATE_COLUMNS} FROM files f JOIN source_directories d ON d.id = f.directory`;
    this.#byNumber = new Query(db, `${from} WHERE f.number = ?`);
    this.#copies = new Query(
      db,
      `${from} WHERE f.number = ? AND f.track = f.number AND ${VISIBLE}
        UNION ALL ${from} WHERE f.track = ? AND f.track <> f.number AND ${VISIBLE}`,
    );
    this.#primaries = new Query(
      db,
      `${from} LEFT JOIN tracks t ON t.track = f.track
        WHERE f.number > ? AND ${VISIBLE} AND f.number = coalesce(t.file, f.number)
        ORDER BY f.number LIMIT 1000`,
    );
    this.#liveOf = new Query(
      db,
      `SELECT f.number FROM source_directories d JOIN files f ON f.directory = d.id
        WHERE d.origin = ? AND f.removed = 0 ORDER BY f.number`,
    );
  }

  get(file: number): FileState | undefined {
    const row = this.#byNumber.get(file);
    return row && stateFromRow(row);
  }

  /** Visible files that are copies of a track. */
  copies(track: number): FileState[] {
    return this.#copies.all(track, track).map(stateFromRow);
  }

  /** What the tree shows of each track, ascending by file. Reads in pages: the caller may write meanwhile. */
  *primaries(): IterableIterator<FileState> {
    for (let after = 0;;) {
      const rows = this.#primaries.all(after);
      if (rows.length === 0) return;
      for (const row of rows) yield stateFromRow(row);
      after = rows.at(-1)![0] as number;
    }
  }

  /** Numbers of the files of an origin that are not removed, ascending. */
  liveOf(origin: string): number[] {
    return this.#liveOf.all(origin).map((row) => row[0] as number);
  }
}
