/**
 * The `manifests` projection: which bytes of which version of a file are in the chunk store. Its log is the cache log.
 * Files and versions are those of the library log: whether a file has a version now can only be asked there.
 *
 * - A **manifest** says what is stored of one version of a file. It exists while it has **parts**. Manifests of older
 *   versions stay until they are evicted: a file that changed is recognised by them.
 * - Parts of a manifest never overlap: a chunk that would overlap is left out, and the earlier part stays.
 * - A **chunk** exists while parts refer to it.
 * - A part is metadata by its position alone, since scanners read both ends of a file. It is metadata when it begins
 *   before the sound or in its first EDGE_BYTES, or ends in its last EDGE_BYTES or after it. A sound that begins later
 *   than TAG_BYTES_MAX into the file counts as beginning there, and likewise at its end. The place of the sound is what
 *   the log said of the version when its first part was stored; without that the sound is the whole file.
 * - A part whose bytes were known from elsewhere is provisional, until the log says that the provisional parts of the
 *   version have the file's own bytes.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ChunksEvicted, ChunksStored, ContentFacts } from "../../events/facts/cache.ts";
import type { StoredEvent } from "../../events/log/event_log.ts";
import { type ContentVersion, EDGE_BYTES, type FileId, TAG_BYTES_MAX } from "../../src/base/mod.ts";
import { ChunkReferences, initChunkReferences } from "./_chunk_references.ts";
import { type Cell, Query } from "../core/query.ts";
import type { Fold, Projection } from "../core/projection.ts";

export const manifests: Projection = {
  name: "manifests",
  version: 5,
  awaited: true,
  tables: [
    { name: "manifests", key: ["file", "version"] },
    { name: "parts", key: ["file", "version", "offset"] },
    { name: "chunks", key: ["id"] },
    { name: "content_totals", key: ["id"] },
  ],
  // The number of a chunk depends on the order of the chunks, and a compacted log has them in another order.
  compared: [
    { name: "manifests", key: ["file", "version"] },
    { name: "named_parts", key: ["file", "version", "offset"] },
    { name: "named_chunks", key: ["hash"] },
    { name: "content_totals", key: ["id"] },
  ],
  handles: new Set([
    ...["ChunksStored", "PartsProven", "FilesUsed", "ChunksEvicted", "ChunkCorrupted"] as const,
  ]),
  init(db) {
    db.exec(`
      CREATE TABLE manifests (
        file INTEGER NOT NULL,
        version INTEGER NOT NULL,
        size INTEGER,       -- from here on of the version, null where it is not known
        mtime_s INTEGER,
        mtime_ns INTEGER,
        etag TEXT,
        audio TEXT,
        audio_start INTEGER,
        audio_end INTEGER,
        used_at INTEGER NOT NULL,
        bytes INTEGER NOT NULL,  -- of its parts; above 0
        metadata_bytes INTEGER NOT NULL,
        provisional_bytes INTEGER NOT NULL,
        PRIMARY KEY (file, version)
      ) WITHOUT ROWID;
      CREATE TABLE parts (
        file INTEGER NOT NULL,
        version INTEGER NOT NULL,
        offset INTEGER NOT NULL,
        length INTEGER NOT NULL,
        chunk INTEGER NOT NULL,
        metadata INTEGER NOT NULL,
        provisional INTEGER NOT NULL,
        PRIMARY KEY (file, version, offset)
      ) WITHOUT ROWID;
      CREATE INDEX parts_by_chunk ON parts (chunk);
      CREATE INDEX manifests_provisional ON manifests (file, version) WHERE provisional_bytes > 0;
    `);
    initChunkReferences(db);
    db.exec(`
      CREATE VIEW named_parts AS SELECT p.file, p.version, p.offset, p.length, c.hash, p.metadata,
        p.provisional FROM parts p JOIN chunks c ON c.id = p.chunk;
      CREATE VIEW named_chunks AS SELECT hash, length, refs, metadata_refs FROM chunks;
    `);
  },
  indexes: [
    "CREATE INDEX IF NOT EXISTS manifests_by_use ON manifests (used_at, file, version)",
    `CREATE INDEX IF NOT EXISTS manifests_of_content ON manifests (used_at, file, version)
      WHERE bytes > metadata_bytes`,
    `CREATE INDEX IF NOT EXISTS manifests_by_audio ON manifests (audio) WHERE audio IS NOT NULL`,
  ],
  start: (db) => new Folding(db),
};

/** Numbers of bytes in parts. */
interface Sums {
  bytes: number;
  metadata: number;
  provisional: number;
}

/** Parts that start before `head` or end after `tail` are metadata. */
interface Edges {
  readonly head: number;
  readonly tail: number;
}

class Folding implements Fold {
  readonly #chunks: ChunkReferences;
  readonly #manifest: Query;
  readonly #overlapping: Query;
  readonly #add: StatementSync;
  readonly #grow: StatementSync;
  readonly #shrink: StatementSync;
  readonly #dropEmpty: StatementSync;
  readonly #addPart: StatementSync;
  readonly #dropParts: Query;
  readonly #dropContent: Query;
  readonly #dropPartsOfChunk: Query;
  readonly #used: StatementSync;
  readonly #settleParts: StatementSync;
  readonly #settle: StatementSync;

  constructor(db: DatabaseSync) {
    this.#chunks = new ChunkReferences(db);
    this.#manifest = new Query(
      db,
      "SELECT size, audio_start, audio_end FROM manifests WHERE file = ? AND version = ?",
    );
    this.#overlapping = new Query(
      db,
      `SELECT offset, length FROM parts WHERE file = ? AND version = ? AND offset >= coalesce(
          (SELECT max(offset) FROM parts WHERE file = ? AND version = ? AND offset <= ?), 0)
        AND offset < ? ORDER BY offset`,
    );
    this.#add = db.prepare(
      `INSERT INTO manifests (file, version, size, audio_start, audio_end, mtime_s, mtime_ns, etag,
        audio, used_at, bytes, metadata_bytes, provisional_bytes)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const where = "WHERE file = ? AND version = ?";
    this.#grow = db.prepare(
      `UPDATE manifests SET used_at = max(used_at, ?), bytes = bytes + ?,
        metadata_bytes = metadata_bytes + ?, provisional_bytes = provisional_bytes + ? ${where}`,
    );
    this.#shrink = db.prepare(
      `UPDATE manifests SET bytes = bytes - ?, metadata_bytes = metadata_bytes - ?,
        provisional_bytes = provisional_bytes - ? ${where}`,
    );
    this.#dropEmpty = db.prepare(`DELETE FROM manifests ${where} AND bytes = 0`);
    this.#addPart = db.prepare("INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)");
    const returning = "RETURNING file, version, length, metadata, provisional, chunk";
    this.#dropParts = new Query(db, `DELETE FROM parts ${where} ${returning}`);
    this.#dropContent = new Query(db, `DELETE FROM parts ${where} AND metadata = 0 ${returning}`);
    this.#dropPartsOfChunk = new Query(db, `DELETE FROM parts WHERE chunk = ? ${returning}`);
    this.#used = db.prepare("UPDATE manifests SET used_at = max(used_at, ?) WHERE file = ?");
    this.#settleParts = db.prepare(
      `UPDATE parts SET provisional = 0 ${where} AND provisional = 1`,
    );
    this.#settle = db.prepare(`UPDATE manifests SET provisional_bytes = 0 ${where}`);
  }

  apply(event: StoredEvent): void {
    switch (event.type) {
      case "ChunksStored":
        return this.#store(event.data, event.at);
      case "PartsProven": {
        const { file, version } = event.data;
        this.#settleParts.run(file, version);
        this.#settle.run(file, version);
        return;
      }
      case "FilesUsed":
        for (const file of event.data.files) this.#used.run(event.at, file);
        return;
      case "ChunksEvicted":
        return this.#evict(event.data);
      case "ChunkCorrupted":
        return this.#corrupted(event.data.hash);
    }
  }

  flush(): void {
    this.#chunks.flush();
  }

  #store({ file, version, offset, chunks, ...said }: ChunksStored["data"], at: number): void {
    const known = this.#manifest.get(file, version);
    const facts = known ?? factsOf(said.of);
    const { head, tail } = edgesOf(facts.slice(0, 3));
    const to = chunks.reduce((end, { length }) => end + length, offset);
    const taken = known === undefined
      ? []
      : this.#overlapping.all(file, version, file, version, offset, to) as [number, number][];
    const provisional = said.provisional ? 1 : 0;
    const added = nothing();
    let end = offset;
    let next = 0;
    for (const { hash, length } of chunks) {
      const start = end;
      end += length;
      while (next < taken.length && taken[next]![0] + taken[next]![1] <= start) next++;
      const isTaken = next < taken.length && taken[next]![0] < end;
      if (length === 0 || isTaken) continue;
      const metadata = start < head || end > tail ? 1 : 0;
      const chunk = this.#chunks.refer(hash, length, metadata);
      if (chunk === undefined) continue;
      this.#addPart.run(file, version, start, length, chunk, metadata, provisional);
      sum(added, length, metadata, provisional);
    }
    const sums = [added.bytes, added.metadata, added.provisional] as const;
    if (known !== undefined) this.#grow.run(at, ...sums, file, version);
    else if (added.bytes > 0) this.#add.run(file, version, ...facts, at, ...sums);
  }

  #evict({ part, manifests }: ChunksEvicted["data"]): void {
    for (const { file, version } of manifests) {
      const dropped = (part === "all" ? this.#dropParts : this.#dropContent).all(file, version);
      const lost = nothing();
      for (const [, , length, metadata, provisional, chunk] of dropped as number[][]) {
        this.#chunks.release(chunk!, length!, metadata!);
        sum(lost, length!, metadata!, provisional!);
      }
      this.#lose(file, version, lost);
    }
  }

  #corrupted(hash: string): void {
    const chunk = this.#chunks.find(hash);
    if (chunk === undefined) return;
    const dropped = this.#dropPartsOfChunk.all(chunk);
    for (const row of dropped) {
      const [file, version, length, metadata, provisional] = row as [
        ...[FileId, ContentVersion, number, number, number],
      ];
      this.#chunks.release(chunk, length, metadata);
      this.#lose(file, version, sum(nothing(), length, metadata, provisional));
    }
  }

  #lose(file: FileId, version: ContentVersion, { bytes, metadata, provisional }: Sums): void {
    if (bytes === 0) return;
    this.#shrink.run(bytes, metadata, provisional, file, version);
    this.#dropEmpty.run(file, version);
  }
}

function nothing(): Sums {
  return { bytes: 0, metadata: 0, provisional: 0 };
}

/** Adds one part to the sums, and returns them. */
function sum(sums: Sums, length: number, metadata: number, provisional: number): Sums {
  sums.bytes += length;
  sums.metadata += metadata * length;
  sums.provisional += provisional * length;
  return sums;
}

/** Size, place of the sound, times and tag of the version, identity of the sound: columns of `manifests`. */
function factsOf(of: ContentFacts | null): readonly Cell[] {
  if (of === null) return [null, null, null, null, null, null, null];
  const { size, audio_start = null, audio_end = null, mtime_s, mtime_ns } = of;
  return [size, audio_start, audio_end, mtime_s, mtime_ns, of.etag ?? null, of.audio ?? null];
}

function edgesOf([size, audioStart, audioEnd]: Cell[]): Edges {
  const [last, end] = [size, audioEnd].map((it) => typeof it === "number" ? it : Infinity);
  // A header may say that the sound is a small part of the file: nobody reads all the rest for tags.
  const head = Math.min(audioStart as number | null ?? 0, TAG_BYTES_MAX);
  const tail = Math.min(last!, Math.max(end!, last! - TAG_BYTES_MAX));
  return { head: head + EDGE_BYTES, tail: tail - EDGE_BYTES };
}
