import type { DatabaseSync } from "node:sqlite";
import type { ContentVersion, FileId, Seq } from "../../src/base/mod.ts";
import { openCurrent } from "../core/database.ts";
import { PreparedQueries } from "../core/prepared_queries.ts";
import type { Cell, Row } from "../core/query.ts";
import { openLibraryFile, STORED_PARTS_UNTIL } from "../library_file.ts";
import type { StoredPart } from "../tree/tree_types.ts";
import { LibrarySide } from "./_library_side.ts";
import { StoredParts } from "./_stored_parts.ts";
import { cacheEvents } from "../cache/cache_events.ts";
import { CACHE_FILE, emptyCache } from "../cache/cache_file.ts";

/** The directories of the projections' files. */
export interface CachePlaces {
  /** That of the cache log; undefined when nothing is to count as stored. */
  readonly cache: string | undefined;
  /** That of the library log. */
  readonly library: string;
}

/** A part of a manifest: everything but what scanners read for tags, only that, or all. */
export type ManifestPart = "content" | "metadata" | "all";

/** A manifest: what is stored of one version of a file. */
export interface Manifest {
  readonly file: FileId;
  readonly version: ContentVersion;
  /** Whether the file has this version now; false as well when the file is gone. */
  readonly current: boolean;
  /** When it was last stored to or played, in ms since 1970. */
  readonly used_at: number;
  /** Bytes in its parts, and how many of them are metadata. */
  readonly bytes: number;
  readonly metadata_bytes: number;
  /** How many of the bytes were taken over from elsewhere and are not compared yet. */
  readonly provisional_bytes: number;
  /** What the log said of this version when its first part was stored, as in FileFacts; null when it was not known. */
  readonly size: number | null;
  readonly mtime_s: number | null;
  readonly mtime_ns: number | null;
  readonly etag: string | null;
  readonly audio: string | null;
  readonly audio_start: number | null;
  readonly audio_end: number | null;
}

/** A manifest that may be evicted. */
export interface Evictable {
  readonly file: FileId;
  readonly version: ContentVersion;
  /** True when the file has another version now, or is gone. */
  readonly superseded: boolean;
  readonly used_at: number;
  /** Bytes in the part that was asked for. Evicting it may free less: chunks that other manifests have too stay. */
  readonly bytes: number;
}

/** A chunk that some file has. */
export interface KnownChunk {
  readonly id: number;
  readonly hash: string;
  /** In bytes. */
  readonly length: number;
}

export interface OriginStored {
  readonly origin: string;
  readonly files: number;
  /** Stored bytes that are not provisional. */
  readonly bytes: number;
  readonly provisional_bytes: number;
}

/** A file that is not stored completely. */
export interface MissingFile {
  readonly file: FileId;
  readonly origin: string;
  /** The size of the file, and how much of it is stored, in bytes. */
  readonly size: number;
  readonly stored: number;
}

export interface ContentTotals {
  /** Bytes in chunks. */
  readonly bytes: number;
  readonly chunks: number;
  /** Bytes in parts: a chunk counts for each part that refers to it. */
  readonly part_bytes: number;
  /** Bytes in chunks that are metadata of some file. */
  readonly metadata_bytes: number;
  /** Bytes in parts that are provisional. */
  readonly provisional_bytes: number;
  readonly parts: number;
}

/** The share of the parts that need no chunk of their own, since another part is the same; 0 when nothing is stored. */
export function dedupRatio({ chunks, parts }: Pick<ContentTotals, "chunks" | "parts">): number {
  return parts === 0 ? 0 : 1 - chunks / parts;
}

const MANIFEST_COLUMNS =
  `m.file, m.version, m.used_at, m.bytes, m.metadata_bytes, m.provisional_bytes, m.size, m.mtime_s,
  m.mtime_ns, m.etag, m.audio, m.audio_start, m.audio_end`;

/** How many manifests are read at a time: mostly few are asked for. */
const AT_ONCE = 100;

/** The SQL condition for each part of a manifest. */
const PARTS = { content: "p.metadata = 0", metadata: "p.metadata = 1", all: "true" } as const;

/** The rows about the store: of the cache log, or, if there are none yet, those in a library of an older layout. */
function rowsOf({ cache, library }: CachePlaces, schema: number): DatabaseSync | undefined {
  if (cache === undefined) return undefined;
  const rows = openCurrent(cache, CACHE_FILE)?.db;
  if (rows !== undefined || schema >= STORED_PARTS_UNTIL) return rows;
  const former = openLibraryFile(library)?.db;
  former?.exec(`CREATE TEMP VIEW content_totals AS SELECT bytes, chunks, part_bytes, metadata_bytes,
    (SELECT coalesce(sum(refs), 0) FROM main.chunks) AS parts FROM main.content_totals`);
  return former;
}

/** What is asked of the store's contents, of the rows of the cache log and of those of the library. Read only. */
export class CacheQueries {
  readonly #db: DatabaseSync;
  readonly #library: LibrarySide;
  readonly #parts: StoredParts;
  readonly #ask: PreparedQueries;

  private constructor(db: DatabaseSync, library: LibrarySide) {
    this.#db = db;
    this.#library = library;
    this.#ask = new PreparedQueries(db);
    this.#parts = new StoredParts(db);
  }

  /**
   * Opens a connection, which the caller closes. Without any rows about a store, nothing counts as stored. Undefined
   * while there is no library (see LibraryReader).
   */
  static open(places: CachePlaces): CacheQueries | undefined {
    const opened = LibrarySide.open(places.library);
    if (opened === undefined) return undefined;
    const { library, schema } = opened;
    try {
      return new CacheQueries(rowsOf(places, schema) ?? emptyCache(), library);
    } catch (error) {
      library.close();
      throw error;
    }
  }

  close(): void {
    this.#db.close();
    this.#library.close();
  }

  /** The id of the log of these rows; "" when there are no rows, or they can't be read. */
  logId(): string {
    return this.#ask.get("SELECT log_id FROM main.library")![0] as string;
  }

  /** The position in the cache log of the last event that is folded in. */
  checkpoint(): Seq {
    return this.#ask.get("SELECT checkpoint FROM main.library")![0] as Seq;
  }

  /** As in TreeReader. */
  storedParts(
    file: FileId,
    version: ContentVersion,
    from: number,
    to: number,
    limit: number,
  ): StoredPart[] {
    return this.#parts.get(file, version, from, to, limit);
  }

  manifest(file: FileId, version: ContentVersion): Manifest | undefined {
    const sql = `SELECT ${MANIFEST_COLUMNS} FROM manifests m WHERE m.file = ? AND m.version = ?`;
    const row = this.#ask.get(sql, file, version);
    return row && this.#manifest(row);
  }

  /** The manifests of all versions of a file, newest first. */
  manifestsOf(file: FileId): Manifest[] {
    const sql =
      `SELECT ${MANIFEST_COLUMNS} FROM manifests m WHERE m.file = ? ORDER BY m.version DESC`;
    return this.#ask.all(sql, file).map((row) => this.#manifest(row));
  }

  /** The manifests of versions with this sound, by file and version. */
  manifestsWithAudio(audio: string): Manifest[] {
    const sql =
      `SELECT ${MANIFEST_COLUMNS} FROM manifests m WHERE m.audio = ? ORDER BY m.file, m.version`;
    return this.#ask.all(sql, audio).map((row) => this.#manifest(row));
  }

  /**
   * Versions that files have now and that have provisional parts, of files above `after`, ascending, at most `limit`.
   */
  provisional(after: number, limit: number): Pick<Manifest, "file" | "version">[] {
    const sql = `SELECT m.file, m.version FROM manifests m
      WHERE m.provisional_bytes > 0 AND (m.file, m.version) > (?, ?) ORDER BY m.file, m.version`;
    const found: Pick<Manifest, "file" | "version">[] = [];
    for (const [file, version] of this.#behind(sql, [after, Number.MAX_SAFE_INTEGER])) {
      const manifest = { file, version } as Pick<Manifest, "file" | "version">;
      if (!this.#library.isCurrent(manifest.file, manifest.version)) continue;
      if (found.push(manifest) === limit) break;
    }
    return found;
  }

  /** The provisional parts of a version, ascending. */
  provisionalParts(file: FileId, version: ContentVersion): StoredPart[] {
    return this.#ask.all(
      `SELECT p.offset, p.length, c.hash FROM parts p CROSS JOIN chunks c ON c.id = p.chunk
        WHERE p.file = ? AND p.version = ? AND p.provisional = 1 ORDER BY p.offset`,
      ...[file, version],
    ).map(([offset, length, hash]) => ({ offset, length, hash } as StoredPart));
  }

  /** Files that have another version now than one with stored parts, ascending, at most `limit`. */
  superseded(limit: number): FileId[] {
    const sql = `SELECT m.file, m.version FROM manifests m WHERE (m.file, m.version) > (?, ?)
      ORDER BY m.file, m.version`;
    const found: FileId[] = [];
    for (const row of this.#behind(sql, [0, 0])) {
      const [file, version] = row as [FileId, ContentVersion];
      const now = this.#library.musicVersion(file);
      if (now === undefined || now === version || found.at(-1) === file) continue;
      if (found.push(file) === limit) break;
    }
    return found;
  }

  /** The manifests of the files of an origin, or all when it is null, by file and version. */
  manifestsOfOrigin(origin: string | null): Pick<Manifest, "file" | "version">[] {
    const rows = this.#ask.all("SELECT file, version FROM manifests ORDER BY file, version");
    const all = rows.map(([file, version]) => ({ file, version } as Manifest));
    return origin === null
      ? all
      : all.filter(({ file }) => this.#library.originOf(file) === origin);
  }

  /** For each origin with stored parts, how many of its files have some, and how many bytes; by id. */
  storedByOrigin(): OriginStored[] {
    const sums = this.#ask.all(
      `SELECT file, sum(bytes - provisional_bytes) AS bytes, sum(provisional_bytes) AS provisional
        FROM manifests GROUP BY file`,
    ) as [FileId, number, number][];
    const byOrigin = new Map<string, OriginStored>();
    for (const [file, bytes, provisional] of sums) {
      const origin = this.#library.originOf(file);
      if (origin === undefined) continue;
      const so = byOrigin.get(origin);
      byOrigin.set(origin, {
        origin,
        files: (so?.files ?? 0) + 1,
        bytes: (so?.bytes ?? 0) + bytes,
        provisional_bytes: (so?.provisional_bytes ?? 0) + provisional,
      });
    }
    return [...byOrigin.values()].sort((one, other) => one.origin < other.origin ? -1 : 1);
  }

  /** Whether some file has the chunk. */
  isStored(hash: string): boolean {
    return this.#ask.get("SELECT 1 FROM chunks WHERE hash = ?", hash) !== undefined;
  }

  /** Chunks with a number above `after`, ascending, at most `limit`. */
  chunks(after: number, limit: number): KnownChunk[] {
    return this.#ask.all(
      "SELECT id, hash, length FROM chunks WHERE id > ? ORDER BY id LIMIT ?",
      ...[after, limit],
    ).map(([id, hash, length]) => ({ id, hash, length } as KnownChunk));
  }

  /** The names of the chunks in a part of a manifest, each once. */
  hashesOf(file: FileId, version: ContentVersion, part: ManifestPart): string[] {
    return this.#ask.all(
      `SELECT DISTINCT c.hash FROM parts p CROSS JOIN chunks c ON c.id = p.chunk
        WHERE p.file = ? AND p.version = ? AND ${PARTS[part]}`,
      ...[file, version],
    ).map(([hash]) => hash as string);
  }

  /** The events that a log needs to lead to the same rows; see {@link cacheEvents}. */
  events(): ReturnType<typeof cacheEvents> {
    return cacheEvents(this.#db);
  }

  totals(): ContentTotals {
    const [bytes, chunks, part_bytes, metadata_bytes, parts, provisional_bytes] = this.#ask
      .get(
        `SELECT bytes, chunks, part_bytes, metadata_bytes, parts, coalesce(
          (SELECT sum(provisional_bytes) FROM manifests WHERE provisional_bytes > 0), 0) AS provisional
        FROM content_totals`,
      ) as [number, number, number, number, number, number];
    return { bytes, chunks, part_bytes, metadata_bytes, parts, provisional_bytes };
  }

  /**
   * What to evict first: versions that files no longer have, then those that were not used for longest, but none of a
   * pinned track. "content" yields manifests whose content is to go while their metadata stays, "metadata" those that
   * are to go as a whole. The rows may change meanwhile.
   */
  *leastRecentlyUsed(part: "content" | "metadata"): IterableIterator<Evictable> {
    yield* this.#byUse(part, true);
    yield* this.#byUse(part, false);
  }

  *#byUse(part: "content" | "metadata", superseded: boolean): IterableIterator<Evictable> {
    const content = part === "content";
    const sql = `SELECT m.used_at, m.file, m.version,
        ${content ? "m.bytes - m.metadata_bytes" : "m.metadata_bytes"} AS part_bytes
      FROM manifests m INDEXED BY ${content ? "manifests_of_content" : "manifests_by_use"}
      WHERE (m.used_at, m.file, m.version) > (?, ?, ?)
        AND ${content ? "m.bytes > m.metadata_bytes" : "true"}
      ORDER BY m.used_at, m.file, m.version`;
    for (const row of this.#behind(sql, [-1, 0, 0])) {
      const [used_at, file, version, bytes] = row as [number, FileId, ContentVersion, number];
      if (this.#library.isCurrent(file, version) === superseded) continue;
      if (superseded || !this.#library.isPinned(file)) {
        yield { file, version, superseded, used_at, bytes };
      }
    }
  }

  /** The primaries of pinned tracks that are not stored completely, by number. */
  missingOfPins(): MissingFile[] {
    const sql = "SELECT bytes FROM manifests WHERE file = ? AND version = ?";
    return this.#library.pinnedFiles().map(({ file, origin, size, version }) => (
      { file, origin, size, stored: this.#ask.get(sql, file, version)?.[0] as number ?? 0 }
    )).filter(({ size, stored }) => stored < size);
  }

  /**
   * Rows of a question in the order of their first columns, which are the parameters as well: it is asked again behind the
   * last row that it gave, so that the rows may change while they are looked at.
   */
  *#behind(sql: string, after: Cell[]): IterableIterator<Row> {
    for (;;) {
      const rows = this.#ask.all(`${sql} LIMIT ${AT_ONCE}`, ...after);
      yield* rows;
      if (rows.length < AT_ONCE) return;
      after = rows.at(-1)!.slice(0, after.length);
    }
  }

  #manifest(row: Row): Manifest {
    const manifest = manifestFromRow(row);
    return { ...manifest, current: this.#library.isCurrent(manifest.file, manifest.version) };
  }
}

function manifestFromRow(row: Row): Omit<Manifest, "current"> {
  const [file, version, used_at, bytes, metadata_bytes, provisional_bytes] = row;
  const [size, mtime_s, mtime_ns, etag, audio, audio_start, audio_end] = row.slice(6);
  return {
    ...{ file, version, used_at, bytes, metadata_bytes, provisional_bytes },
    ...{ size, mtime_s, mtime_ns, etag, audio, audio_start, audio_end },
  } as Omit<Manifest, "current">;
}
