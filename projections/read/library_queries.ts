import type { DatabaseSync } from "node:sqlite";
import type {
  AudioProperties,
  FileDetails,
  FileOwnership,
  FileVersion,
  Likeness,
  OtherFile,
  TrackTags,
} from "../../events/facts/files.ts";
import type { NamesFor } from "../../events/facts/library.ts";
import type {
  OriginHealth,
  OriginType,
  ScanMode,
  UnknownKind,
  UnlistedDirectory,
} from "../../events/facts/origins.ts";
import {
  type ContentVersion,
  type FileId,
  FIRST_FILE_ID,
  type NodeId,
  nodeOfTrack,
  type Seq,
  toFileId,
  toNodeId,
  toSeq,
  type TrackId,
  trackOfNode,
} from "../../src/base/mod.ts";
import { Priorities } from "../catalog/priorities.ts";
import { PreparedQueries } from "../core/prepared_queries.ts";
import type { Row } from "../core/query.ts";
import { openLibraryFile } from "../library_file.ts";
import { FacetQueries } from "./facet_queries.ts";
import { ListeningQueries } from "./listening_queries.ts";
import { coversOf, type TrackCovers } from "./track_covers.ts";
import {
  type FileFacts,
  type FileState,
  type ObservedFacts,
  observedFacts,
  propertiesOf,
  splitPath,
  STATE_COLUMNS,
  stateFromRow,
  VISIBLE,
} from "../catalog/file_state.ts";
import { SAME_SOUND_MAX } from "../catalog/possible_copies.ts";
import { FileStore } from "../catalog/file_store.ts";
import { OtherFileStore } from "../catalog/other_file_store.ts";
import type { TrackNames } from "../naming/track_names.ts";
import { ROOT_ID } from "../tree/tree_types.ts";

/** The facts of a file that a rescan compares. */
export interface KnownFile extends Pick<FileFacts, ComparedFact> {
  /** The last segment of its path. */
  readonly name: string;
}

type ComparedFact =
  | "file"
  | keyof FileVersion
  | keyof FileOwnership
  | "unreadable"
  | "unreadable_kind"
  | "unsettled";

/**
 * A file that is to be read again. `encoding` is that of its text when the encoding is the reason; null when the
 * version of the tag reader is.
 */
export interface Misread {
  readonly state: FileState;
  readonly encoding: string | null;
}

/** How many files are to be read again, as far as they were counted. */
export interface MisreadCount {
  readonly files: number;
  readonly complete: boolean;
  /** Of the last file of another encoding that was looked at: its encoding and its number; "" and 0 before the first. */
  readonly encoding: string;
  readonly file: number;
}

/** A scan that has begun and not ended. */
export interface OpenScan {
  readonly origin: string;
  readonly scan: number;
  readonly mode: ScanMode;
  /** The position of its last batch; null before the first. */
  readonly position: string | null;
}

export interface OriginRow {
  readonly id: string;
  /** Whether the configuration names it, as far as the log knows. */
  readonly configured: boolean;
  readonly kind: OriginType;
  readonly root: string;
  readonly priority: number;
  /** How many further names hard-linked files have, besides the one that counts, as far as scans know. */
  readonly other_names: number;
  /** Origins that the settings no longer named when they first named this one. */
  readonly instead_of: readonly string[];
  /**
   * True when it has another root than the one below which its files were seen, and no scan has listed all of it since.
   */
  readonly isMoved: boolean;
  readonly health: OriginHealth | "unknown";
  readonly reason: string | null;
  /** The end of the last scan that listed all of it, in ms since 1970. */
  readonly last_scan_at: number | null;
  /** The reason why the last scan failed; null when it did not. */
  readonly failed_scan_reason: string | null;
  readonly open_scan: OpenScan | null;
  /**
   * How many files the last complete listing lacked, out of `held_known`, when their removal waits for a person. 0 when
   * none does.
   */
  readonly held_missing: number;
  readonly held_known: number;
  /** True when a person has confirmed: the next scan may remove the files. */
  readonly confirmed: boolean;
  readonly unlisted: readonly UnlistedDirectory[];
  /** Unsupported kinds of files, as of the last scan that listed all of it. */
  readonly unknown: readonly UnknownKind[];
  readonly tracks: number;
  readonly unreadable: number;
  /** Since when some files or directories could not be read, in ms since 1970; null when there are none. */
  readonly unanswered_since: number | null;
  /** Directories that are, or were, file systems of their own; "" is the root. */
  readonly mounts: readonly string[];
}

export interface UnreadableFile {
  readonly file: FileId;
  readonly origin: string;
  readonly path: string;
  readonly reason: string;
}

/** One copy of a track. */
export interface TrackCopy extends Omit<FileVersion, "etag"> {
  readonly file: FileId;
  readonly origin: string;
  readonly root: string;
  readonly path: string;
  readonly etag: string | null;
  readonly content: ContentVersion;
  /** The priority of its origin; the lowest number comes first. */
  readonly priority: number;
  /** Whether the tree shows this copy. */
  readonly primary: boolean;
}

/** Everything that is known of a file and of the track that it is a copy of, for `track show`. */
export interface TrackDetails extends Omit<FileVersion, "etag"> {
  readonly file: FileId;
  /** The number of the track; null when the file is a copy of none. */
  readonly track: TrackId | null;
  /** The copies of the track, the primary first. */
  readonly copies: readonly TrackCopy[];
  readonly origin: string;
  readonly root: string;
  readonly path: string;
  readonly etag: string | null;
  readonly format: string | null;
  readonly audio: string | null;
  readonly tags: TrackTags;
  readonly details: FileDetails;
  readonly properties: AudioProperties;
  /** The names by which it is placed: from its tags, and from its path where they lack something. */
  readonly names: TrackNames;
  readonly unreadable: string | null;
  readonly removed: boolean;
  readonly content: ContentVersion;
  /** The path of the track in the tree; null when it is not there. */
  readonly virtual_path: string | null;
}

/** The settings of the tree, as `TemplateChanged` has them. */
export interface Placing {
  readonly template: string;
  readonly names: NamesFor;
  readonly fold_case: boolean;
}

/** The queries of the engine and the command line. They change nothing, and work on a connection of either. */
export class LibraryQueries {
  readonly #db: DatabaseSync;
  readonly #store: FileStore;
  #facets: FacetQueries | undefined;
  #listening: ListeningQueries | undefined;
  #otherFiles: OtherFileStore | undefined;
  readonly #ask: PreparedQueries;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#ask = new PreparedQueries(db);
    this.#store = new FileStore(db);
  }

  /** Opens a connection, which the caller closes; undefined while there is no library (see LibraryReader). */
  static open(directory: string): LibraryQueries | undefined {
    const current = openLibraryFile(directory);
    return current && new LibraryQueries(current.db);
  }

  close(): void {
    this.#db.close();
  }

  /** The connection, for whoever has further questions (`TrackSearch`), which not every process loads. */
  get connection(): DatabaseSync {
    return this.#db;
  }

  /** The queries about plays and pins. */
  get listening(): ListeningQueries {
    return this.#listening ??= new ListeningQueries(this.#db);
  }

  /** The values of fields. */
  get facets(): FacetQueries {
    return this.#facets ??= new FacetQueries(this.#db);
  }

  /** Files directly in a directory of an origin ("" is its root), without removed ones. */
  knownInDirectory(origin: string, directory: string): KnownFile[] {
    return this.#ask.all(
      `SELECT f.number, f.name, f.size, f.mtime_s, f.mtime_ns, f.etag, f.ctime_s, f.ctime_ns, f.inode,
          f.mode, f.uid, f.gid, f.unreadable, f.unreadable_kind, f.unsettled
        FROM source_directories d JOIN files f ON f.directory = d.id
        WHERE d.origin = ? AND d.path = ? AND f.removed = 0`,
      ...[origin, directory],
    ).map((row) => {
      return {
        file: row[0],
        name: row[1],
        size: row[2],
        mtime_s: row[3],
        mtime_ns: row[4],
        etag: row[5],
        ctime_s: row[6],
        ctime_ns: row[7],
        inode: row[8],
        mode: row[9],
        uid: row[10],
        gid: row[11],
        unreadable: row[12],
        unreadable_kind: row[13],
        unsettled: row[14] !== 0,
      } as KnownFile;
    });
  }

  /** Readable files that were last seen in a directory of an origin: the removed ones, or with `live` all. */
  formerlyInDirectory(origin: string, directory: string, live: boolean): FileState[] {
    return this.#ask.all(
      `SELECT ${STATE_COLUMNS} FROM source_directories d JOIN files f ON f.directory = d.id
        WHERE d.origin = ? AND d.path = ? AND f.removed >= ?
          AND f.unreadable IS NULL AND f.format IS NOT NULL AND f.unsettled = 0
        ORDER BY f.removed, f.content DESC`,
      ...[origin, directory, live ? 0 : 1],
    ).map(stateFromRow);
  }

  /**
   * Paths of the directories of an origin, at any depth below a directory, that hold files; removed files do not count.
   */
  directoriesBelow(origin: string, directory: string): string[] {
    const [from, to] = directory === "" ? ["", "\u{10ffff}"] : [`${directory}/`, `${directory}0`];
    return this.#ask.all(
      `SELECT d.path FROM source_directories d WHERE d.origin = ? AND d.path > ? AND d.path < ?
        AND EXISTS (SELECT 1 FROM files f WHERE f.directory = d.id AND f.removed = 0)
        ORDER BY d.path`,
      ...[origin, from, to],
    ).map(([path]) => path as string);
  }

  /** The file at a path, or the removed file that was last there. */
  fileAt(origin: string, path: string): FileState | undefined {
    const [directory, name] = splitPath(path);
    const [row] = this.#ask.all(
      `SELECT ${STATE_COLUMNS} FROM source_directories d JOIN files f ON f.directory = d.id
        WHERE d.origin = ? AND d.path = ? AND f.name = ?
        ORDER BY f.removed, f.content DESC, f.number DESC LIMIT 1`,
      ...[origin, directory, name],
    );
    return row && stateFromRow(row);
  }

  /** Files with this sound, including removed ones, ascending; none when so many have it that it proves nothing. */
  filesWithAudio(audio: string): FileState[] {
    const rows = this.#ask.all(
      `SELECT ${STATE_COLUMNS} FROM files f CROSS JOIN source_directories d ON d.id = f.directory
        WHERE f.audio = ? LIMIT ${SAME_SOUND_MAX + 1}`,
      audio,
    );
    if (rows.length > SAME_SOUND_MAX) return [];
    return rows.map(stateFromRow).sort((a, b) => a.file - b.file);
  }

  /** The state of a file, whether removed or not. A file that is not music has a state only while it exists. */
  file(file: FileId): FileState | undefined {
    return this.#store.get(file) ?? this.#others.state(file);
  }

  /** The other files. A library of an older layout has no tables of them, so they must not be queried there. */
  get #others(): OtherFileStore {
    return this.#otherFiles ??= new OtherFileStore(this.#db);
  }

  /** Files directly in a directory of an origin that are not music. */
  othersInDirectory(origin: string, directory: string): OtherFile[] {
    return this.#others.inDirectory(origin, directory);
  }

  /** The same, at any depth below it. */
  othersBelow(origin: string, directory: string): Pick<OtherFile, "file" | "path">[] {
    return this.#others.below(origin, directory);
  }

  /** Paths of the directories right below a directory of an origin that have files, music or not, in them or deeper. */
  subdirectories(origin: string, directory: string): string[] {
    return this.#others.subdirectories(origin, directory);
  }

  /** A number above every one that was ever given to a file that is not music. */
  nextOtherNumber(): FileId {
    return this.#others.nextNumber();
  }

  /** The track that a file is a copy of; undefined for a file in no track. */
  trackOf(file: FileId): TrackId | undefined {
    const state = this.#store.get(file);
    return state?.visible ? state.track : undefined;
  }

  /** Every file that is a copy of a track, or was one when it was removed. */
  filesOfTrack(track: TrackId): FileId[] {
    return this.#ask.all(
      `SELECT number FROM files WHERE number = ? AND track = number
        UNION ALL SELECT number FROM files WHERE track = ? AND track <> number`,
      ...[track, track],
    ).map(([number]) => toFileId(number as number));
  }

  /** The copies of a track by the priority of their origins; the first is the primary. */
  copies(track: TrackId): FileState[] {
    const copies = this.#store.copies(track);
    if (copies.length < 2) return copies;
    const origins = this.#ask.all("SELECT id, priority FROM origins") as [string, number][];
    return new Priorities(origins).sorted(copies);
  }

  /** Files with candidates with which they were not compared, of numbers above `after`, ascending, at most `limit`. */
  uncompared(after: number, limit: number): FileId[] {
    return this.#ask.all(
      "SELECT file FROM uncompared WHERE file > ? ORDER BY file LIMIT ?",
      ...[after, limit],
    ).map(([file]) => toFileId(file as number));
  }

  /**
   * Visible files of other origins of which a file may be a copy: those with the same path and size, then those with
   * the same sound, of equal size first.
   */
  possibleCopies(file: FileState): FileState[] {
    const { origin, path, size, audio } = file;
    const [directory, name] = splitPath(path);
    const atPath = this.#ask.all(
      `SELECT ${STATE_COLUMNS} FROM origins o
        CROSS JOIN source_directories d ON d.origin = o.id AND d.path = ?
        CROSS JOIN files f ON f.directory = d.id AND f.name = ?
        WHERE o.id <> ? AND f.size = ? AND ${VISIBLE} ORDER BY f.number`,
      ...[directory, name, origin, size],
    ).map(stateFromRow);
    const ofSound = audio === null ? [] : this.#ask.all(
      `SELECT ${STATE_COLUMNS} FROM files f CROSS JOIN source_directories d ON d.id = f.directory
        WHERE f.audio = ? AND ${VISIBLE} LIMIT ${SAME_SOUND_MAX + 1}`,
      audio,
    );
    if (ofSound.length > SAME_SOUND_MAX) return atPath;
    const known = new Set(atPath.map((it) => it.file));
    const others = ofSound.map(stateFromRow)
      .filter((it) => it.origin !== origin && !known.has(it.file))
      .sort((a, b) => Number(a.size !== size) - Number(b.size !== size) || a.file - b.file);
    return [...atPath, ...others];
  }

  /** The result of comparing two files in their present versions; undefined when they were not compared. */
  likeness(file: FileId, other: FileId): Likeness | undefined {
    const row = this.#ask.get(
      "SELECT alike FROM comparisons WHERE file = ? AND other = ?",
      ...[Math.min(file, other), Math.max(file, other)],
    );
    return row?.[0] as Likeness | undefined;
  }

  /** Whether the origin ever had a file, including removed ones. */
  hasFiles(origin: string): boolean {
    const sql = "SELECT 1 FROM source_directories WHERE origin = ? LIMIT 1";
    return this.#ask.get(sql, origin) !== undefined;
  }

  /** Position of the last event that is folded in. */
  checkpoint(): Seq {
    return toSeq(this.#ask.get("SELECT checkpoint FROM library")![0] as number);
  }

  /** Numbers of the files of an origin that are not removed, ascending. The library may change meanwhile. */
  *liveFiles(origin: string): IterableIterator<FileId> {
    for (let after = 0;;) {
      const rows = this.#ask.all(
        `SELECT f.number FROM files f CROSS JOIN source_directories d ON d.id = f.directory
          WHERE f.number > ? AND f.removed = 0 AND d.origin = ? ORDER BY f.number LIMIT 1000`,
        ...[after, origin],
      );
      if (rows.length === 0) return;
      for (const [file] of rows) yield toFileId(file as number);
      after = rows.at(-1)![0] as number;
    }
  }

  /** A number above every one that was ever given to a music file, so that no number is given twice. */
  nextFileNumber(): FileId {
    const greatest = this.#ask.get("SELECT max(number) AS greatest FROM files")![0] as
      | number
      | null;
    return toFileId(Math.max(FIRST_FILE_ID, (greatest ?? 0) + 1));
  }

  nextScanNumber(): number {
    return this.#ask.get("SELECT last FROM scans")![0] as number + 1;
  }

  openScans(): OpenScan[] {
    return this.origins().flatMap(({ open_scan }) => open_scan === null ? [] : [open_scan]);
  }

  /** Every origin that the log names, including those no longer configured, by priority. */
  origins(): OriginRow[] {
    return this.#ask.all(`SELECT ${ORIGIN_COLUMNS} FROM origins ORDER BY priority, id`)
      .map(originFromRow);
  }

  origin(id: string): OriginRow | undefined {
    const row = this.#ask.get(`SELECT ${ORIGIN_COLUMNS} FROM origins WHERE id = ?`, id);
    return row && originFromRow(row);
  }

  /**
   * Files of an origin that an older tag reader read, then those whose text was read in another encoding, after
   * `after`, at most `limit`. The former are sorted by reader, the latter by encoding. Files that could not be read at
   * all are left out of the former: scans try them again.
   */
  misread(
    origin: string,
    { reader, encoding, after, limit }: {
      readonly reader: number;
      readonly encoding: string;
      readonly after?: Misread;
      readonly limit: number;
    },
  ): Misread[] {
    const first = after?.encoding === undefined || after.encoding === null
      ? this.#ask.all(
        `SELECT ${STATE_COLUMNS} FROM files f INDEXED BY files_by_reader
          JOIN source_directories d ON d.id = f.directory
          WHERE f.removed = 0 AND f.reader < ? AND (f.reader, f.number) > (?, ?) AND d.origin = ?
            AND (f.unreadable IS NULL OR f.unreadable_kind = 'format')
          ORDER BY f.reader, f.number LIMIT ?`,
        ...[reader, after?.state.reader ?? -1, after?.state.file ?? 0, origin, limit],
      )
      : [];
    const found = first.map((row): Misread => ({ state: stateFromRow(row), encoding: null }));
    if (found.length === limit) return found;
    const second = this.#ask.all(
      `SELECT ${STATE_COLUMNS}, e.encoding FROM file_details e INDEXED BY file_details_guessed
        JOIN files f ON f.number = e.file JOIN source_directories d ON d.id = f.directory
        WHERE e.encoding IS NOT NULL AND e.encoding <> ? AND (e.encoding, e.file) > (?, ?) AND d.origin = ?
          AND f.removed = 0 AND f.reader >= ?
        ORDER BY e.encoding, e.file LIMIT ?`,
      ...[encoding, after?.encoding ?? "", after?.encoding ? after.state.file : 0, origin, reader],
      limit - found.length,
    );
    return [
      ...found,
      ...second.map((row) => ({ state: stateFromRow(row), encoding: row.at(-1) as string })),
    ];
  }

  /**
   * Counts the files that {@link misread} has, over all origins. Those of another encoding have to be looked at one by
   * one, so at most `limit` are: until a count is `complete`, the next one goes on `after` it.
   */
  misreadCount(
    { reader, encoding, after, limit }: {
      readonly reader: number;
      readonly encoding: string;
      readonly after?: MisreadCount | undefined;
      readonly limit: number;
    },
  ): MisreadCount {
    const files = after?.files ?? this.#olderCount(reader);
    const rows = this.#ask.all(
      `SELECT e.encoding, e.file, f.removed = 0 AND f.reader >= ? AS counts
        FROM file_details e INDEXED BY file_details_guessed CROSS JOIN files f ON f.number = e.file
        WHERE e.encoding IS NOT NULL AND e.encoding <> ? AND (e.encoding, e.file) > (?, ?)
        ORDER BY e.encoding, e.file LIMIT ?`,
      ...[reader, encoding, after?.encoding ?? "", after?.file ?? 0, limit],
    ) as [string, number, number][];
    const [last, file] = rows.at(-1) ?? [after?.encoding ?? "", after?.file ?? 0];
    return {
      files: files + rows.filter(([, , counts]) => counts === 1).length,
      complete: rows.length < limit,
      ...{ encoding: last, file },
    };
  }

  /** Files of an older tag reader, without those that scans try again. There are few of the latter. */
  #olderCount(reader: number): number {
    const [all] = this.#ask.get(
      "SELECT count(*) FROM files INDEXED BY files_by_reader WHERE removed = 0 AND reader < ?",
      reader,
    )!;
    const [unread] = this.#ask.get(
      `SELECT count(*) FROM files INDEXED BY files_unreadable
        WHERE unreadable IS NOT NULL AND removed = 0 AND reader < ? AND unreadable_kind IS NOT 'format'`,
      reader,
    )!;
    return (all as number) - (unread as number);
  }

  /** Files that could not be read, each with the reason, by origin and path. */
  unreadable(): UnreadableFile[] {
    return this.#ask.all(
      `SELECT ${STATE_COLUMNS} FROM files f JOIN source_directories d ON d.id = f.directory
        WHERE f.unreadable IS NOT NULL AND f.removed = 0 ORDER BY d.origin, d.path, f.name`,
    ).map(stateFromRow).map(({ file, origin, path, unreadable }) => (
      { file, origin, path, reason: unreadable! }
    ));
  }

  /** The track at a path of the tree, with or without a leading `/`. */
  trackAtVirtualPath(path: string): TrackDetails | undefined {
    let id = ROOT_ID;
    for (const name of path.split("/").filter((segment) => segment !== "")) {
      const row = this.#ask.get("SELECT id FROM nodes WHERE parent = ? AND name = ?", id, name);
      if (row === undefined) return undefined;
      id = toNodeId(row[0] as number);
    }
    const [primary] = this.copies(trackOfNode(id));
    return primary && this.#details(primary);
  }

  /** The track with a copy at an absolute path (see path_bytes) of a configured origin. */
  trackAtRealPath(path: string): TrackDetails | undefined {
    for (const { id, root, configured } of this.origins()) {
      const prefix = root.endsWith("/") ? root : `${root}/`;
      if (!configured || !path.startsWith(prefix)) continue;
      const state = this.fileAt(id, path.slice(prefix.length));
      if (state && !state.removed) return this.#details(state);
    }
    return undefined;
  }

  /**
   * The path of a node in the tree, without a leading `/`; "" is the root. Undefined for a node that the tree lacks.
   */
  nodePath(id: NodeId): string | undefined {
    const names: string[] = [];
    while (id !== ROOT_ID) {
      const row = this.#ask.get("SELECT parent, name FROM nodes WHERE id = ?", id);
      if (row === undefined) return undefined;
      id = toNodeId(row[0] as number);
      names.unshift(row[1] as string);
    }
    return names.join("/");
  }

  /** The covers that the directory of the tree which holds a track can show, or why there is none. */
  coversOf(track: TrackId): TrackCovers {
    return coversOf(this.#db, track);
  }

  /** The settings by which the tracks are placed now. */
  placing(): Placing {
    const [template, names, fold] = this.#ask.get(
      "SELECT template, names, fold_case FROM tree_state",
    )!;
    return { template, names, fold_case: fold !== 0 } as Placing;
  }

  totals(): { tracks: number; albums: number; artists: number; bytes: number; unreadable: number } {
    const row = this.#ask.get("SELECT tracks, albums, artists, bytes, unreadable FROM status")!;
    const [tracks, albums, artists, bytes, unreadable] = row as [
      ...[number, number, number, number, number],
    ];
    return { tracks, albums, artists, bytes, unreadable };
  }

  #details(state: FileState): TrackDetails {
    const { file, origin, path, size, mtime_s, mtime_ns, etag, format, audio } = state;
    const { unreadable, removed, content, names } = state;
    const track = state.visible ? state.track : null;
    return {
      ...{ file, track, origin, root: this.origin(origin)?.root ?? "", path, size, mtime_s },
      ...{ mtime_ns, etag, format, audio, unreadable, removed, content, names },
      tags: state.trackTags,
      details: this.#detailsOf(file),
      properties: propertiesOf(state),
      virtual_path: track === null ? null : this.nodePath(nodeOfTrack(track)) ?? null,
      copies: track === null ? [] : this.#copiesTold(track),
    };
  }

  /** The facts of the observation of a file besides its number, place and version. */
  factsOf(state: FileState): ObservedFacts {
    const details = this.#detailsOf(state.file);
    return { ...observedFacts(state), ...(Object.keys(details).length > 0 && { details }) };
  }

  #detailsOf(file: FileId): FileDetails {
    const row = this.#ask.get("SELECT details FROM file_details WHERE file = ?", file);
    return row === undefined ? {} : JSON.parse(row[0] as string) as FileDetails;
  }

  #copiesTold(track: TrackId): TrackCopy[] {
    return this.copies(track).map((copy, i) => {
      const { file, origin, path, size, mtime_s, mtime_ns, etag, content } = copy;
      const { root = "", priority = 0 } = this.origin(origin) ?? {};
      return {
        ...{ file, origin, root, path, size, mtime_s, mtime_ns, etag, content, priority },
        primary: i === 0,
      };
    });
  }
}

const ORIGIN_COLUMNS = `id, configured, kind, root, priority, health, reason, last_scan_at,
  failed_scan_reason, open_scan, open_mode, open_position, held_missing, held_known, confirmed,
  unlisted, tracks, unreadable, moved, unanswered_since, unknown, other_names, mounts,
  instead_of`;

function originFromRow(row: Row): OriginRow {
  const [id, configured, kind, root, priority, health, reason, last_scan_at] = row;
  const [failed_scan_reason, scan, mode, position, held_missing, held_known] = row.slice(8);
  const [confirmed, unlisted, tracks, unreadable, moved, unanswered_since] = row.slice(14);
  const [unknown, other_names, mounts, instead_of] = row.slice(20);
  return {
    ...{ id, kind, root, priority, health, reason, last_scan_at, failed_scan_reason },
    ...{ held_missing, held_known, tracks, unreadable, unanswered_since, other_names },
    configured: configured !== 0,
    isMoved: moved !== 0,
    confirmed: confirmed !== 0,
    open_scan: scan === null ? null : { origin: id, scan, mode, position },
    unlisted: JSON.parse(unlisted as string),
    unknown: JSON.parse(unknown as string),
    mounts: JSON.parse(mounts as string),
    instead_of: JSON.parse(instead_of as string),
  } as OriginRow;
}
