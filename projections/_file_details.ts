import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { FileDetails } from "../events/file_events.ts";
import { Query } from "./_query.ts";

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
  readonly #drop: StatementSync;

  constructor(db: DatabaseSync) {
    this.#get = new Query(db, "SELECT details FROM file_details WHERE file = ?");
    this.#put = db.prepare("INSERT OR REPLACE INTO file_details VALUES (?, ?, ?)");
    this.#drop = db.prepare("DELETE FROM file_details WHERE file = ?");
  }

  get(file: number): FileDetails {
    const row = this.#get.get(file);
    return row === undefined ? {} : JSON.parse(row[0] as string) as FileDetails;
  }

  /** `isNew` says that there is no row of the file. */
  put(file: number, details: FileDetails | undefined, isNew: boolean): void {
    if (details !== undefined) {
      this.#put.run(file, details.encoding ?? null, JSON.stringify(details));
    } else if (!isNew) {
      this.#drop.run(file);
    }
  }
}
