import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { FileId } from "../../src/base/mod.ts";
import type { FileDetails, ObservedFile } from "../../events/facts/files.ts";
import { PendingRows } from "../core/pending_rows.ts";
import { PreparedQueries } from "../core/prepared_queries.ts";

/**
 * Creates the table of details: the facts from a file's tags that do not place it in the tree. A table of its own keeps
 * rows of `files` short, so that reading them reads no details. A file without details has no row.
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

/** The details of a file. */
export function detailsOf(ask: PreparedQueries, file: FileId): FileDetails {
  const row = ask.get("SELECT details FROM file_details WHERE file = ?", file);
  return row === undefined ? {} : JSON.parse(row[0] as string) as FileDetails;
}

export class FileDetailsStore {
  readonly #ask: PreparedQueries;
  readonly #new: PendingRows;
  readonly #replace: StatementSync;
  readonly #drop: StatementSync;

  constructor(db: DatabaseSync) {
    this.#new = new PendingRows(db, "file_details", ["file", "encoding", "details"]);
    this.#replace = db.prepare("INSERT OR REPLACE INTO file_details VALUES (?, ?, ?)");
    this.#ask = new PreparedQueries(db);
    this.#drop = db.prepare("DELETE FROM file_details WHERE file = ?");
  }

  get(file: FileId): FileDetails {
    return detailsOf(this.#ask, file);
  }

  /** Replaces the details of each file. Files above `greatest` have no row yet. */
  put(files: readonly ObservedFile[], greatest: number): void {
    for (const { file, details } of files) {
      if (details !== undefined) {
        const row = [file, details.encoding ?? null, JSON.stringify(details)];
        if (file > greatest) this.#new.add(...row);
        else this.#replace.run(...row);
      } else if (file <= greatest) {
        this.#drop.run(file);
      }
    }
    this.#new.flush();
  }
}
