import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { FileId } from "../../src/base/mod.ts";
import type { FileDetails, ObservedFile } from "../../events/facts/files.ts";
import { type Cell, Query } from "../core/query.ts";

/** Rows that one statement writes: a call of its own for each costs as much as the row of the file itself. */
const ROWS = 32;

/**
 * What files say about themselves besides what places them: a table of its own, so that who asks for a file reads past
 * none of it. A file that says nothing more has no row.
 */
export function initFileDetails(db: DatabaseSync): void {
  db.exec(`
    CREATE TABLE file_details (
      file INTEGER PRIMARY KEY,
      encoding TEXT,          -- as in FileDetails
      details TEXT NOT NULL   -- JSON of FileDetails
    );
    CREATE INDEX file_details_guessed ON file_details (encoding) WHERE encoding IS NOT NULL;
  `);
}

export class FileDetailsStore {
  readonly #get: Query;
  readonly #put: StatementSync;
  readonly #putRows: StatementSync;
  readonly #drop: StatementSync;

  constructor(db: DatabaseSync) {
    this.#get = new Query(db, "SELECT details FROM file_details WHERE file = ?");
    const insert = "INSERT OR REPLACE INTO file_details VALUES";
    this.#put = db.prepare(`${insert} (?, ?, ?)`);
    this.#putRows = db.prepare(`${insert} ${new Array(ROWS).fill("(?, ?, ?)").join(", ")}`);
    this.#drop = db.prepare("DELETE FROM file_details WHERE file = ?");
  }

  get(file: FileId): FileDetails {
    const row = this.#get.get(file);
    return row === undefined ? {} : JSON.parse(row[0] as string) as FileDetails;
  }

  /** What is said of each file from now on; those above `greatest` have no row. */
  put(files: readonly ObservedFile[], greatest: number): void {
    const cells: Cell[] = [];
    for (const { file, details } of files) {
      if (details !== undefined) {
        cells.push(file, details.encoding ?? null, JSON.stringify(details));
        if (cells.length === 3 * ROWS) this.#putRows.run(...cells.splice(0));
      } else if (file <= greatest) {
        this.#drop.run(file);
      }
    }
    for (let at = 0; at < cells.length; at += 3) this.#put.run(...cells.slice(at, at + 3));
  }
}
