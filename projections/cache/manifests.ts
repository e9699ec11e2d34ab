/**
 * The `manifests` projection: which bytes of which version of a file are in the chunk store.
 *
 * - A **manifest** is what is stored of one version of a file: it is there while it has **parts**. Older versions stay
 *   until they are evicted: a file that changed is recognised by them. `current` tells the version the file has now.
 * - Parts of a manifest never overlap: a chunk that would, is left out, and what was there first stays.
 * - A **chunk** is there while parts refer to it.
 * - A part is metadata by its position alone: it reaches into the first bytes before and of the sound, or into the last
 *   of it and behind, but no further into the file than tags are read. That is what scanners read. Where the sound lies
 *   is what the log said of the version when its first part was stored; without that it is the whole file.
 * - A part that no origin gave is provisional, until the log says that what is provisional of its version was compared.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ChunksEvicted, ChunksStored } from "../../events/facts/cache.ts";
import type { StoredEvent } from "../../events/log/event_log.ts";
import { type ContentVersion, EDGE_BYTES, type FileId, TAG_BYTES_MAX } from "../../src/base/mod.ts";
import { ChunkReferences, initChunkReferences } from "./_chunk_references.ts";
import { type Cell, Query } from "../core/query.ts";
import type { Fold, Projection, Transitions } from "../core/projection.ts";

export const manifests: Projection = {
  name: "manifests",
  version: 4,
  awaited: true,
  tables: [
    { name: "manifests", key: ["file", "version"] },
    { name: "parts", key: ["file", "version", "offset"] },
    { name: "chunks", key: ["id"] },
    { name: "content_totals", key: ["id"] },
  ],
  handles: new Set([
    ...["ChunksStored", "PartsCompared", "ChunksEvicted", "ChunkCorrupted"] as const,
    ...["ChunkStoreFound"] as const,
    ...["TrackPlayed"] as const,
    ...["FilesObserved", "FilesRemoved", "OriginRemoved"] as const,
  ]),
  init(db) {
    db.exec(`
      CREATE TABLE manifests (
        file INTEGER NOT NULL,
        version INTEGER NOT NULL,
        size INTEGER,       -- from here on of the version, null where the log did not know it
        mtime_s INTEGER,
        mtime_ns INTEGER,
        etag TEXT,
        audio TEXT,
        audio_start INTEGER,
        audio_end INTEGER,
        current INTEGER NOT NULL,
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
  },
  indexes: [
    "CREATE INDEX IF NOT EXISTS manifests_by_use ON manifests (current, used_at, file, version)",
    `CREATE INDEX IF NOT EXISTS manifests_of_content ON manifests (current, used_at, file, version)
      WHERE bytes > metadata_bytes`,
    `CREATE INDEX IF NOT EXISTS manifests_by_audio ON manifests (audio) WHERE audio IS NOT NULL`,
  ],
  start: (db) => new Folding(db),
};

/** Bytes of parts. */
interface Sums {
  bytes: number;
  metadata: number;
  provisional: number;
}

/** Parts that start before `head` or end behind `tail` are metadata. */
interface Edges {
  readonly head: number;
  readonly tail: number;
}

class Folding implements Fold {
  readonly #db: DatabaseSync;
  readonly #chunks: ChunkReferences;
  readonly #manifest: Query;
  readonly #facts: Query;
  readonly #overlapping: Query;
  readonly #add: StatementSync;
  readonly #grow: StatementSync;
  readonly #shrink: StatementSync;
  readonly #dropEmpty: StatementSync;
  readonly #addPart: StatementSync;
  readonly #dropParts: Query;
  readonly #dropContent: Query;
  readonly #dropPartsOfChunk: Query;
  readonly #played: StatementSync;
  readonly #renew: StatementSync;
  readonly #settleParts: StatementSync;
  readonly #settle: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#chunks = new ChunkReferences(db);
    this.#manifest = new Query(
      db,
      "SELECT size, audio_start, audio_end FROM manifests WHERE file = ? AND version = ?",
    );
    this.#facts = new Query(
      db,
      `SELECT size, audio_start, audio_end, mtime_s, mtime_ns, etag, audio, removed = 0 AS current
        FROM files WHERE number = ? AND changed_seq = ?`,
    );
    this.#overlapping = new Query(
      db,
      `SELECT offset, length FROM parts WHERE file = ? AND version = ? AND offset >= coalesce(
          (SELECT max(offset) FROM parts WHERE file = ? AND version = ? AND offset <= ?), 0)
        AND offset < ? ORDER BY offset`,
    );
    this.#add = db.prepare(
      `INSERT INTO manifests (file, version, size, audio_start, audio_end, mtime_s, mtime_ns, etag,
        audio, current, used_at, bytes, metadata_bytes, provisional_bytes)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
    this.#played = db.prepare(
      `UPDATE manifests SET used_at = max(used_at, ?)
        WHERE file IN (SELECT number FROM files WHERE number = ? AND track = number
          UNION ALL SELECT number FROM files WHERE track = ? AND track <> number)`,
    );
    this.#settleParts = db.prepare(
      `UPDATE parts SET provisional = 0 ${where} AND provisional = 1`,
    );
    this.#settle = db.prepare(`UPDATE manifests SET provisional_bytes = 0 ${where}`);
    this.#renew = db.prepare(
      "UPDATE manifests SET current = (version = ? AND ?) WHERE file = ?",
    );
  }

  apply(event: StoredEvent, files: Transitions): void {
    switch (event.type) {
      case "ChunksStored":
        return this.#store(event.data, event.at);
      case "PartsCompared": {
        const { file, version, alike } = event.data;
        if (!alike) break;
        this.#settleParts.run(file, version);
        this.#settle.run(file, version);
        return;
      }
      case "ChunksEvicted":
        return this.#evict(event.data);
      case "ChunkCorrupted":
        return this.#corrupted(event.data.hash);
      case "ChunkStoreFound":
        if (event.data.holds === "nothing") this.#lost();
        return this.#chunks.inStore(event.data.store);
      case "TrackPlayed": {
        const { track } = event.data;
        this.#played.run(event.at, track, track);
        return;
      }
    }
    for (const { before, after } of files) {
      if (before === undefined) continue;
      if (before.changed_seq === after.changed_seq && before.removed === after.removed) continue;
      this.#renew.run(after.changed_seq, after.removed ? 0 : 1, after.file);
    }
  }

  flush(): void {
    this.#chunks.flush();
  }

  #store({ file, version, offset, chunks, origin }: ChunksStored["data"], at: number): void {
    const known = this.#manifest.get(file, version);
    const facts = known ?? this.#facts.get(file, version);
    const { head, tail } = edgesOf(facts?.slice(0, 3) ?? []);
    const to = chunks.reduce((end, { length }) => end + length, offset);
    const taken = known === undefined
      ? []
      : this.#overlapping.all(file, version, file, version, offset, to) as [number, number][];
    const provisional = origin === null ? 1 : 0;
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
    else if (added.bytes > 0) this.#add.run(file, version, ...(facts ?? UNKNOWN), at, ...sums);
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

  /** Nothing is stored any more. */
  #lost(): void {
    this.#db.exec("DELETE FROM parts; DELETE FROM manifests;");
    this.#chunks.clear();
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

/** The sums with one part more. */
function sum(sums: Sums, length: number, metadata: number, provisional: number): Sums {
  sums.bytes += length;
  sums.metadata += metadata * length;
  sums.provisional += provisional * length;
  return sums;
}

/** What a manifest says of a version that the log does not know: size to audio, and that it is not current. */
const UNKNOWN: readonly Cell[] = [null, null, null, null, null, null, null, 0];

function edgesOf([size, audioStart, audioEnd]: Cell[]): Edges {
  const [last, end] = [size, audioEnd].map((it) => typeof it === "number" ? it : Infinity);
  // A header may say that the sound is a fraction of the file: nobody reads the rest for its tags.
  const head = Math.min(audioStart as number | null ?? 0, TAG_BYTES_MAX);
  const tail = Math.min(last!, Math.max(end!, last! - TAG_BYTES_MAX));
  return { head: head + EDGE_BYTES, tail: tail - EDGE_BYTES };
}
