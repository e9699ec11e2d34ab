import type { DatabaseSync } from "node:sqlite";
import { PendingRows } from "../core/pending_rows.ts";
import { Query } from "../core/query.ts";

/** How many numbers of source directories are kept in memory; a walk is in few directories at a time. */
const DIRECTORIES_KEPT = 1_000;

/** The directories of the origins that ever held a file, by number. */
export class SourceDirectories {
  readonly #rows: PendingRows;
  readonly #numberOf: Query;
  #greatest: number;
  /** The directory that was found last: mostly the next search is for the same one. */
  #last: { readonly origin: string; readonly path: string; readonly number: number } | undefined;
  /** Numbers by origin and path; null for a directory that is known to have none. */
  readonly #known = new Map<string, number | null>();

  constructor(db: DatabaseSync) {
    this.#rows = new PendingRows(db, "source_directories", ["id", "origin", "path"]);
    // Rows that are not written yet are in `#known`.
    this.#numberOf = new Query(
      db,
      "SELECT id FROM source_directories WHERE origin = ? AND path = ?",
    );
    const greatest = new Query(db, "SELECT max(id) AS greatest FROM source_directories");
    this.#greatest = greatest.get()![0] as number | null ?? 0;
  }

  find(origin: string, path: string): number | null {
    const last = this.#last;
    if (last?.path === path && last.origin === origin) return last.number;
    const number = this.#find(origin, path);
    if (number !== null) this.#last = { origin, path, number };
    return number;
  }

  #find(origin: string, path: string): number | null {
    const key = `${origin}\0${path}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = this.#numberOf.get(origin, path)?.[0] as number | undefined ?? null;
    this.#known.set(key, found);
    return found;
  }

  /** The number of a directory. A directory without a number is given one. */
  number(origin: string, path: string): number {
    const found = this.find(origin, path);
    if (found !== null) return found;
    const number = ++this.#greatest;
    this.#rows.add(number, origin, path);
    this.#known.set(`${origin}\0${path}`, number);
    return number;
  }

  /** Writes the new directories. */
  flush(): void {
    this.#rows.flush();
  }

  /** To be called now and then, when everything is written: limits what is kept in memory. */
  trim(): void {
    if (this.#known.size > DIRECTORIES_KEPT) this.#known.clear();
  }
}
