import type { DatabaseSync } from "node:sqlite";
import {
  type ContentVersion,
  type FileId,
  toFileId,
  toTrackId,
  type TrackId,
} from "../../src/base/mod.ts";
import { AlbumOrder } from "./_album_order.ts";
import { PreparedQueries } from "../core/prepared_queries.ts";
import type { Row } from "../core/query.ts";
import { StoredParts } from "./_stored_parts.ts";
import { type MatchedTrack, matchingTracks } from "./_track_match.ts";
import { openLibraryFile } from "../library_file.ts";
import { VISIBLE } from "../catalog/file_state.ts";
import type { StoredPart } from "../tree/tree_types.ts";

/** A part of what is stored of a file: all but what scanners of tags read, only that, or all. */
export type ManifestPart = "content" | "metadata" | "all";

/** What is stored of one version of a file. */
export interface Manifest {
  readonly file: FileId;
  readonly version: ContentVersion;
  /** Whether the file has this version now; false for one that is gone, too. */
  readonly current: boolean;
  /** When it was last stored to or played, ms since the epoch. */
  readonly used_at: number;
  /** Of its parts; of them metadata. */
  readonly bytes: number;
  readonly metadata_bytes: number;
  /** Of them taken over from elsewhere, and not compared yet. */
  readonly provisional_bytes: number;
  /** What the log said of this version when its first part was stored, as in FileFacts; null when it did not know it. */
  readonly size: number | null;
  readonly mtime_s: number | null;
  readonly mtime_ns: number | null;
  readonly etag: string | null;
  readonly audio: string | null;
  readonly audio_start: number | null;
  readonly audio_end: number | null;
}

/** A manifest that may be given up. */
export interface Evictable {
  readonly file: FileId;
  readonly version: ContentVersion;
  /** The file has another version now, or is gone. */
  readonly superseded: boolean;
  readonly used_at: number;
  /** Of the part that was asked for. Chunks that others have as well stay, so that it may free less. */
  readonly bytes: number;
}

/** A chunk that some file has. */
export interface KnownChunk {
  readonly id: number;
  readonly hash: string;
  /** Bytes. */
  readonly length: number;
}

export interface OriginStored {
  readonly origin: string;
  readonly files: number;
  /** Without what is provisional. */
  readonly bytes: number;
  readonly provisional_bytes: number;
}

export interface Pin {
  readonly query: string;
  /** When it was last asked for, ms since the epoch. */
  readonly at: number;
  /** How many it names. */
  readonly tracks: number;
}

/** A file of which not all is stored. */
export interface MissingFile {
  readonly file: FileId;
  readonly origin: string;
  /** Bytes of it, and how many of them are stored. */
  readonly size: number;
  readonly stored: number;
}

export interface ContentTotals {
  /** Of chunks. */
  readonly bytes: number;
  readonly chunks: number;
  /** Of parts: a chunk counts as often as files have it. */
  readonly part_bytes: number;
  /** Of chunks that are metadata of some file. */
  readonly metadata_bytes: number;
  /** Of parts that are provisional. */
  readonly provisional_bytes: number;
  readonly pinned_tracks: number;
}

/** Bytes of files that were read from an origin. */
export interface OriginTransfers {
  /** Days since the epoch, in UTC, of the last day with any; `day_bytes` are of that day. */
  readonly utc_day: number;
  readonly day_bytes: number;
  readonly total_bytes: number;
}

const MANIFEST_COLUMNS =
  `m.file, m.version, m.current, m.used_at, m.bytes, m.metadata_bytes, m.provisional_bytes, m.size,
  m.mtime_s, m.mtime_ns, m.etag, m.audio, m.audio_start, m.audio_end`;

/** Manifests that are looked up in one go: few are asked for most times. */
const EVICTABLE_AT_ONCE = 100;

/** Parts of a kind in SQL. */
const PARTS = { content: "p.metadata = 0", metadata: "p.metadata = 1", all: "true" } as const;

/**
 * Whether a pin names a track, in SQL: itself, or one that turned out to be of the same music and is it by now. A track
 * has the number of a file, and that file tells where it went.
 */
function isPinned(track: string): string {
  return `(EXISTS (SELECT 1 FROM pinned WHERE pinned.track = ${track})
    OR EXISTS (SELECT 1 FROM files g JOIN pinned ON pinned.track = g.number
      WHERE g.track = ${track} AND g.track <> g.number))`;
}

/** What is asked of the store's contents, of plays and of pins. Read only; works on the connection of either side. */
export class ContentQueries {
  readonly #db: DatabaseSync;
  readonly #parts: StoredParts;
  #albums: AlbumOrder | undefined;
  readonly #ask: PreparedQueries;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#ask = new PreparedQueries(db);
    this.#parts = new StoredParts(db);
  }

  /** On a connection of its own, to be closed; undefined while there is no library (see LibraryReader). */
  static open(directory: string): ContentQueries | undefined {
    const current = openLibraryFile(directory);
    return current && new ContentQueries(current.db);
  }

  close(): void {
    this.#db.close();
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
    return row && manifestFromRow(row);
  }

  /** All versions of a file of which something is stored, newest first. */
  manifestsOf(file: FileId): Manifest[] {
    const sql =
      `SELECT ${MANIFEST_COLUMNS} FROM manifests m WHERE m.file = ? ORDER BY m.version DESC`;
    return this.#ask.all(sql, file).map(manifestFromRow);
  }

  /** Manifests of versions with this sound, by file and version. */
  manifestsWithAudio(audio: string): Manifest[] {
    const sql =
      `SELECT ${MANIFEST_COLUMNS} FROM manifests m WHERE m.audio = ? ORDER BY m.file, m.version`;
    return this.#ask.all(sql, audio).map(manifestFromRow);
  }

  /** Versions that files have now and of which something is provisional, behind `after`, by file; at most `limit`. */
  provisional(after: number, limit: number): Pick<Manifest, "file" | "version">[] {
    return this.#ask.all(
      `SELECT file, version FROM manifests
        WHERE provisional_bytes > 0 AND current = 1 AND file > ? ORDER BY file, version LIMIT ?`,
      ...[after, limit],
    ).map(([file, version]) => ({ file, version } as Pick<Manifest, "file" | "version">));
  }

  /** Stored parts of a version that are provisional, ascending. */
  provisionalParts(file: FileId, version: ContentVersion): StoredPart[] {
    return this.#ask.all(
      `SELECT p.offset, p.length, c.hash FROM parts p CROSS JOIN chunks c ON c.id = p.chunk
        WHERE p.file = ? AND p.version = ? AND p.provisional = 1 ORDER BY p.offset`,
      ...[file, version],
    ).map(([offset, length, hash]) => ({ offset, length, hash } as StoredPart));
  }

  /** Files that have another version now than one of which something is stored, at most `limit`. */
  superseded(limit: number): FileId[] {
    return this.#ask.all(
      `SELECT DISTINCT m.file FROM manifests m JOIN files f ON f.number = m.file
        WHERE m.current = 0 AND f.removed = 0 ORDER BY m.file LIMIT ?`,
      limit,
    ).map(([file]) => toFileId(file as number));
  }

  /** Manifests of the files of an origin, of all when it is null, by file and version. */
  manifestsOfOrigin(origin: string | null): Pick<Manifest, "file" | "version">[] {
    const rows = origin === null
      ? this.#ask.all("SELECT file, version FROM manifests ORDER BY file, version")
      : this.#ask.all(
        `SELECT m.file, m.version FROM manifests m CROSS JOIN files f ON f.number = m.file
          CROSS JOIN source_directories d ON d.id = f.directory
          WHERE d.origin = ? ORDER BY m.file, m.version`,
        origin,
      );
    return rows.map(([file, version]) => ({ file, version } as Pick<Manifest, "file" | "version">));
  }

  /** How many files of each origin something is stored of, and how much that is; of those with any, by id. */
  storedByOrigin(): OriginStored[] {
    return this.#ask.all(
      `SELECT d.origin, count(DISTINCT m.file), sum(m.bytes - m.provisional_bytes), sum(m.provisional_bytes)
        FROM manifests m
        CROSS JOIN files f ON f.number = m.file CROSS JOIN source_directories d ON d.id = f.directory
        GROUP BY d.origin ORDER BY d.origin`,
    ).map(([origin, files, bytes, provisional_bytes]) => (
      { origin, files, bytes, provisional_bytes } as OriginStored
    ));
  }

  /** Identity of the store that all this is about; null when it has none yet. */
  store(): string | null {
    return this.#ask.get("SELECT store FROM content_totals")![0] as string | null;
  }

  /** Whether some file has a chunk. */
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

  /**
   * How many parts of files the chunks with a number above `after` are, ascending, at most `limit` chunks; `last` is the
   * number of the last of them, null when there are none.
   */
  references(after: number, limit: number): { refs: number; last: number | null } {
    const [refs, last] = this.#ask.get(
      `SELECT coalesce(sum(refs), 0), max(id)
        FROM (SELECT id, refs FROM chunks WHERE id > ? ORDER BY id LIMIT ?)`,
      ...[after, limit],
    ) as [number, number | null];
    return { refs, last };
  }

  /** Names of the chunks of a manifest's part, each once. */
  hashesOf(file: FileId, version: ContentVersion, part: ManifestPart): string[] {
    return this.#ask.all(
      `SELECT DISTINCT c.hash FROM parts p CROSS JOIN chunks c ON c.id = p.chunk
        WHERE p.file = ? AND p.version = ? AND ${PARTS[part]}`,
      ...[file, version],
    ).map(([hash]) => hash as string);
  }

  totals(): ContentTotals {
    const [bytes, chunks, part_bytes, metadata_bytes, pinned_tracks, provisional_bytes] = this.#ask
      .get(
        `SELECT c.bytes, c.chunks, c.part_bytes, c.metadata_bytes, p.tracks, coalesce(
          (SELECT sum(provisional_bytes) FROM manifests WHERE provisional_bytes > 0), 0) AS provisional
        FROM content_totals c, pin_totals p`,
      ) as [number, number, number, number, number, number];
    return { bytes, chunks, part_bytes, metadata_bytes, pinned_tracks, provisional_bytes };
  }

  /**
   * What to give up first: versions that files no longer have, then those used longest ago; none of a pinned track.
   * "content" asks for manifests whose content is to go and their metadata to stay, "metadata" for those to go as a
   * whole. The library may change meanwhile.
   */
  *leastRecentlyUsed(part: "content" | "metadata"): IterableIterator<Evictable> {
    const content = part === "content";
    const sql = `SELECT m.current, m.used_at, m.file, m.version,
        ${content ? "m.bytes - m.metadata_bytes" : "m.metadata_bytes"} AS part_bytes
      FROM manifests m INDEXED BY ${content ? "manifests_of_content" : "manifests_by_use"}
        LEFT JOIN files f ON f.number = m.file
      WHERE (m.current, m.used_at, m.file, m.version) > (?, ?, ?, ?)
        AND ${content ? "m.bytes > m.metadata_bytes" : "true"} AND (m.current = 0
          OR NOT ${isPinned("coalesce(f.track, m.file)")})
      ORDER BY m.current, m.used_at, m.file, m.version LIMIT ${EVICTABLE_AT_ONCE}`;
    for (let after: number[] = [-1, 0, 0, 0];;) {
      const rows = this.#ask.all(sql, ...after) as [
        ...[number, number, FileId, ContentVersion, number],
      ][];
      for (const [current, used_at, file, version, bytes] of rows) {
        yield { file, version, superseded: current === 0, used_at, bytes };
      }
      if (rows.length < EVICTABLE_AT_ONCE) return;
      after = rows.at(-1)!.slice(0, 4);
    }
  }

  isPinned(track: TrackId): boolean {
    // Deno 2.4 refuses a parameter that stands in a statement twice.
    return this.#ask.get(
      `SELECT ${isPinned("one.track")} AS pinned FROM (SELECT ? AS track) one`,
      track,
    )![0] !== 0;
  }

  /** Files that the tree shows of pinned tracks and that are not stored whole, by their numbers. */
  missingOfPins(): MissingFile[] {
    return this.#ask.all(
      `SELECT f.number, d.origin, f.size, coalesce(m.bytes, 0) FROM (
          SELECT DISTINCT g.track FROM pinned JOIN files g ON g.number = pinned.track
        ) n LEFT JOIN tracks t ON t.track = n.track
        CROSS JOIN files f ON f.number = coalesce(t.file, n.track) AND f.track = n.track
        CROSS JOIN source_directories d ON d.id = f.directory
        LEFT JOIN manifests m ON m.file = f.number AND m.version = f.changed_seq
        WHERE ${VISIBLE} AND coalesce(m.bytes, 0) < f.size ORDER BY f.number`,
    ).map(([file, origin, size, stored]) => ({ file, origin, size, stored } as MissingFile));
  }

  /** In the order in which they were first asked for. */
  pins(): Pin[] {
    return this.#ask.all("SELECT query, at, tracks FROM pins ORDER BY id").map((
      [query, at, tracks],
    ) => ({ query, at, tracks } as Pin));
  }

  /** Tracks that the pin of a query names, ascending; none when there is no such pin. */
  tracksOfPin(query: string): TrackId[] {
    return this.#ask.all(
      `SELECT t.track FROM pins p JOIN pinned t ON t.pin = p.id WHERE p.query = ? ORDER BY t.track`,
      query,
    ).map(([track]) => toTrackId(track as number));
  }

  plays(track: TrackId): { count: number; last_at: number } {
    const row = this.#ask.get("SELECT count, last_at FROM plays WHERE track = ?", track);
    return { count: row?.[0] as number ?? 0, last_at: row?.[1] as number ?? 0 };
  }

  /** What was played next after a track, most often first, then most lately. */
  successors(track: TrackId, limit: number): { track: TrackId; count: number; last_at: number }[] {
    return this.#ask.all(
      `SELECT next, count, last_at FROM successors WHERE track = ?
        ORDER BY count DESC, last_at DESC, next LIMIT ?`,
      ...[track, limit],
    ).map((row) => {
      const [next, count, last_at] = row as [TrackId, number, number];
      return { track: next, count, last_at };
    });
  }

  /** The tracks behind one on its album: by disc, number and path. None for a track without an album. */
  nextOnAlbum(track: TrackId, limit: number): TrackId[] {
    return (this.#albums ??= new AlbumOrder(this.#db)).after(track, limit);
  }

  /**
   * The tracks at and below a path of the tree (with or without a leading `/`); where there is no such path, those
   * whose artist, album artist, album or title hold every word of the query, whatever their case and accents. In
   * pages, which may be empty: a search of words looks at every track.
   */
  tracksMatching(query: string): IterableIterator<MatchedTrack[]> {
    return matchingTracks(this.#db, query);
  }

  /** Undefined for an origin that nothing was read from. */
  transfers(origin: string): OriginTransfers | undefined {
    const sql = "SELECT utc_day, day_bytes, total_bytes FROM transfers WHERE origin = ?";
    const row = this.#ask.get(sql, origin) as [number, number, number] | undefined;
    return row && { utc_day: row[0], day_bytes: row[1], total_bytes: row[2] };
  }
}

function manifestFromRow(row: Row): Manifest {
  const [file, version, current, used_at, bytes, metadata_bytes, provisional_bytes] = row;
  const [size, mtime_s, mtime_ns, etag, audio, audio_start, audio_end] = row.slice(7);
  return {
    ...{
      file,
      version,
      used_at,
      bytes,
      metadata_bytes,
      provisional_bytes,
      size,
      mtime_s,
      mtime_ns,
      etag,
      audio,
    },
    ...{ audio_start, audio_end, current: current !== 0 },
  } as Manifest;
}
