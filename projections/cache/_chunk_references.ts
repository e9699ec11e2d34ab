import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Query } from "../core/query.ts";

export function initChunkReferences(db: DatabaseSync): void {
  db.exec(`
    CREATE TABLE chunks (
      id INTEGER PRIMARY KEY,
      hash TEXT NOT NULL UNIQUE,
      length INTEGER NOT NULL,
      refs INTEGER NOT NULL,          -- parts that are this chunk; above 0
      metadata_refs INTEGER NOT NULL  -- of them metadata
    );
    CREATE TABLE content_totals (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      bytes INTEGER NOT NULL,          -- of chunks
      chunks INTEGER NOT NULL,
      part_bytes INTEGER NOT NULL,     -- of parts: a chunk counts as often as it is referred to
      metadata_bytes INTEGER NOT NULL, -- of chunks that some metadata is
      parts INTEGER NOT NULL
    );
    INSERT INTO content_totals VALUES (1, 0, 0, 0, 0, 0);
  `);
}

/** The chunks with the number of parts that refer to each, and the totals that follow from them. */
export class ChunkReferences {
  readonly #find: Query;
  readonly #refer: Query;
  readonly #release: Query;
  readonly #drop: StatementSync;
  readonly #total: StatementSync;
  /** The change of the totals since the last flush. */
  #bytes = 0;
  #chunks = 0;
  #partBytes = 0;
  #metadataBytes = 0;
  #parts = 0;

  constructor(db: DatabaseSync) {
    this.#find = new Query(db, "SELECT id FROM chunks WHERE hash = ?");
    this.#refer = new Query(
      db,
      `INSERT INTO chunks (hash, length, refs, metadata_refs) VALUES (?, ?, 1, ?)
        ON CONFLICT (hash) DO UPDATE
          SET refs = refs + 1, metadata_refs = metadata_refs + excluded.metadata_refs
          WHERE length = excluded.length
        RETURNING id, refs, metadata_refs`,
    );
    this.#release = new Query(
      db,
      `UPDATE chunks SET refs = refs - 1, metadata_refs = metadata_refs - ? WHERE id = ?
        RETURNING refs, metadata_refs`,
    );
    this.#drop = db.prepare("DELETE FROM chunks WHERE id = ?");
    this.#total = db.prepare(
      `UPDATE content_totals SET bytes = bytes + ?, chunks = chunks + ?,
        part_bytes = part_bytes + ?, metadata_bytes = metadata_bytes + ?, parts = parts + ?`,
    );
  }

  find(hash: string): number | undefined {
    return this.#find.get(hash)?.[0] as number | undefined;
  }

  /**
   * Counts one more part that is this chunk. Returns the number of the chunk; undefined when the chunk is known to have
   * another length.
   */
  refer(hash: string, length: number, metadata: 0 | 1): number | undefined {
    const row = this.#refer.get(hash, length, metadata);
    if (row === undefined) return undefined;
    const [chunk, refs, metadataRefs] = row as [number, number, number];
    this.#partBytes += length;
    this.#parts++;
    if (refs === 1) {
      this.#bytes += length;
      this.#chunks++;
    }
    if (metadata === 1 && metadataRefs === 1) this.#metadataBytes += length;
    return chunk;
  }

  /** Counts one part less; deletes a chunk that has no parts left. */
  release(chunk: number, length: number, metadata: number): void {
    const [refs, metadataRefs] = this.#release.get(metadata, chunk) as [number, number];
    this.#partBytes -= length;
    this.#parts--;
    if (metadata === 1 && metadataRefs === 0) this.#metadataBytes -= length;
    if (refs > 0) return;
    this.#drop.run(chunk);
    this.#bytes -= length;
    this.#chunks--;
  }

  flush(): void {
    const sums = [this.#bytes, this.#chunks, this.#partBytes, this.#metadataBytes, this.#parts];
    if (sums.every((sum) => sum === 0)) return;
    this.#total.run(...sums);
    this.#bytes =
      this.#chunks =
      this.#partBytes =
      this.#metadataBytes =
      this.#parts =
        0;
  }
}
