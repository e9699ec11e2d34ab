import { existsSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { type Cell, Query } from "../../projections/core/query.ts";
import { namedFile } from "../support/named_library.ts";

/** A question to one FTS5 table: what must match, what else must be so, and in what order the rows come. */
export interface BareQuery {
  readonly match: string | null;
  /** A condition of SQL, or nothing. */
  readonly where: string;
  readonly values: readonly number[];
  readonly order: string;
}

const TEXTS = ["title", "artist", "albumartist", "album", "genre", "label", "path"];
const NUMBERS = ["track", "year", "duration_ms", "bitrate"];
const COLUMNS = [...TEXTS, ...NUMBERS];
const CACHE_KIB = 65_536;

/** The named files in a table of FTS5 as it comes, which keeps their texts and ranks by bm25. */
export class BareFts5 implements Disposable {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, Query>();

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** The file is made when it isn't there. */
  static open(file: string, tracks: number): BareFts5 {
    if (!existsSync(file)) make(file, tracks);
    const db = new DatabaseSync(file, { readOnly: true });
    db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
    return new BareFts5(db);
  }

  find({ match, where, values, order }: BareQuery, limit: number): Cell[][] {
    const conditions = [...match === null ? [] : ["bare MATCH ?"], ...where === "" ? [] : [where]];
    const sql = `SELECT ${COLUMNS.join(", ")} FROM bare WHERE ${conditions.join(" AND ")}
      ORDER BY ${order} LIMIT ${limit}`;
    let query = this.#prepared.get(sql);
    if (query === undefined) this.#prepared.set(sql, query = new Query(this.#db, sql));
    return query.all(...match === null ? [] : [match], ...values);
  }

  [Symbol.dispose](): void {
    this.#prepared.clear();
    this.#db.close();
  }
}

function make(file: string, tracks: number): void {
  const unfinished = `${file}.unfinished`;
  rmSync(unfinished, { force: true });
  const db = new DatabaseSync(unfinished);
  const unindexed = NUMBERS.map((name) => `${name} UNINDEXED`);
  db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
    CREATE VIRTUAL TABLE bare USING fts5(${[...TEXTS, ...unindexed].join(", ")});
    BEGIN`);
  const insert = db.prepare(`INSERT INTO bare VALUES (${COLUMNS.map(() => "?").join(", ")})`);
  for (let i = 0; i < tracks; i++) {
    const { path, tags, properties, details } = namedFile(i);
    const { title, artist, albumartist, album, genre, track, year } = tags!;
    insert.run(
      ...[title!, artist!, albumartist!, album!, genre!.join("; ")],
      ...[[details!.tags!.label!].flat().join("; "), path],
      ...[track!.no!, year!, properties!.duration_ms!, properties!.bitrate!],
    );
  }
  db.exec("COMMIT; INSERT INTO bare (bare) VALUES ('optimize')");
  db.close();
  renameSync(unfinished, file);
}
