import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type FileId, toFileId } from "../../src/base/mod.ts";
import type { CopyComparison, Likeness } from "../../events/facts/files.ts";
import { Query } from "../core/query.ts";

export function initComparisons(db: DatabaseSync): void {
  db.exec(`
    CREATE TABLE comparisons (  -- of the versions that both files have now
      file INTEGER NOT NULL,    -- the lower number of the two
      other INTEGER NOT NULL,
      alike TEXT NOT NULL,
      PRIMARY KEY (file, other)
    ) WITHOUT ROWID;
    CREATE INDEX comparisons_of_other ON comparisons (other);
    CREATE TABLE uncompared (file INTEGER PRIMARY KEY);  -- files that something may be a copy of
  `);
}

/** The results of comparing the versions that files have now, and which files are to be compared. */
export class Comparisons {
  readonly #of: Query;
  readonly #partners: Query;
  readonly #put: StatementSync;
  readonly #forgetAs: readonly StatementSync[];
  readonly #mark: StatementSync;
  readonly #unmark: StatementSync;

  constructor(db: DatabaseSync) {
    this.#of = new Query(db, "SELECT alike FROM comparisons WHERE file = ? AND other = ?");
    this.#partners = new Query(
      db,
      `SELECT other FROM comparisons WHERE file = ? AND alike <> 'nothing'
        UNION ALL SELECT file FROM comparisons WHERE other = ? AND alike <> 'nothing'`,
    );
    this.#put = db.prepare("INSERT OR REPLACE INTO comparisons VALUES (?, ?, ?)");
    this.#forgetAs = ["file", "other"].map((it) =>
      db.prepare(`DELETE FROM comparisons WHERE ${it} = ?`)
    );
    this.#mark = db.prepare("INSERT OR IGNORE INTO uncompared VALUES (?)");
    this.#unmark = db.prepare("DELETE FROM uncompared WHERE file = ?");
  }

  /** How alike two files are; undefined when they were not compared in the versions that they have now. */
  of(file: FileId, other: FileId): Likeness | undefined {
    const row = this.#of.get(Math.min(file, other), Math.max(file, other));
    return row?.[0] as Likeness | undefined;
  }

  /** The files that were found to be like this one, ascending. */
  partners(file: FileId): FileId[] {
    return this.#partners.all(file, file).map((row) => toFileId(row[0] as number)).sort((a, b) =>
      a - b
    );
  }

  put({ file, other, alike }: Pick<CopyComparison, "file" | "other" | "alike">): void {
    this.#put.run(Math.min(file, other), Math.max(file, other), alike);
  }

  /** To be called when the file has another version, or is gone. */
  forget(file: FileId): void {
    for (const forget of this.#forgetAs) forget.run(file);
  }

  mark(file: FileId): void {
    this.#mark.run(file);
  }

  unmark(file: FileId): void {
    this.#unmark.run(file);
  }
}
