import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Query } from "../core/query.ts";

/** Numbers of source directories that are kept in memory; a walk is in few at a time. */
const DIRECTORIES_KEPT = 1_000;

/** The directories of the origins that ever held a file, by number. */
export class SourceDirectories {
  readonly #find: Query;
  readonly #add: StatementSync;
  /** Null for one that is known not to be there. */
  readonly #known = new Map<string, number | null>();

  constructor(db: DatabaseSync) {
    this.#find = new Query(db, "SELECT id FROM source_directories WHERE origin = ? AND path = ?");
    this.#add = db.prepare("INSERT INTO source_directories (origin, path) VALUES (?, ?)");
  }

  find(origin: string, path: string): number | null {
    const key = `${origin}\0${path}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = this.#find.get(origin, path)?.[0] as number | undefined ?? null;
    this.#known.set(key, found);
    return found;
  }

  /** The number of a directory, which is given one here when it has none. */
  number(origin: string, path: string): number {
    const found = this.find(origin, path);
    if (found !== null) return found;
    const number = Number(this.#add.run(origin, path).lastInsertRowid);
    this.#known.set(`${origin}\0${path}`, number);
    return number;
  }

  /** To be called now and then: bounds what is kept in memory. */
  trim(): void {
    if (this.#known.size > DIRECTORIES_KEPT) this.#known.clear();
  }
}
