import type { DatabaseSync } from "node:sqlite";
import type {
  AudioProperties,
  FileDetails,
  FileVersion,
  Likeness,
  TrackTags,
} from "../../events/facts/files.ts";
import type { NamesFor } from "../../events/facts/library.ts";
import {
  type ContentVersion,
  type FileId,
  type NodeId,
  nodeOfTrack,
  type Seq,
  toFileId,
  toNodeId,
  toSeq,
  type TrackId,
  trackOfNode,
  VIEWS_ID,
} from "../../src/base/mod.ts";
import { Priorities } from "../catalog/priorities.ts";
import { PreparedQueries } from "../core/prepared_queries.ts";
import { openLibraryFile } from "../library_file.ts";
import { CollectionQueries } from "./collection_queries.ts";
import { FacetQueries } from "./facet_queries.ts";
import { ListeningQueries } from "./listening_queries.ts";
import { PlaylistQueries } from "./playlist_queries.ts";
import { coversOf, type TrackCovers } from "./track_covers.ts";
import { type OpenScan, ORIGIN_COLUMNS, originFromRow, type OriginRow } from "./origin_row.ts";
import { ScanQueries } from "./scan_queries.ts";
import { detailsOf } from "../catalog/file_details.ts";
import {
  type FileState,
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
import { type ViewRules, viewRulesIn } from "../tree/view_rules.ts";
import { hasViews } from "./view_reader.ts";

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
  #collections: CollectionQueries | undefined;
  #facets: FacetQueries | undefined;
  #listening: ListeningQueries | undefined;
  #playlists: PlaylistQueries | undefined;
  #scanning: ScanQueries | undefined;
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

  /** The collections that were saved. */
  get collections(): CollectionQueries {
    return this.#collections ??= new CollectionQueries(this.#db);
  }

  /** The playlists that lie on origins. */
  get playlists(): PlaylistQueries {
    return this.#playlists ??= new PlaylistQueries(this.#db);
  }

  /** The values of fields. */
  get facets(): FacetQueries {
    return this.#facets ??= new FacetQueries(this.#db);
  }

  /** The queries of scans. */
  get scanning(): ScanQueries {
    return this.#scanning ??= new ScanQueries(this.#db, () => this.#others);
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

  /** The state of a file, whether removed or not. A file that is not music has a state only while it exists. */
  file(file: FileId): FileState | undefined {
    return this.#store.get(file) ?? this.#others.state(file);
  }

  /** The other files. A library of an older layout has no tables of them, so they must not be queried there. */
  get #others(): OtherFileStore {
    return this.#otherFiles ??= new OtherFileStore(this.#db);
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

  /** Files that could not be read, each with the reason, by origin and path. */
  unreadable(): UnreadableFile[] {
    return this.#ask.all(
      `SELECT ${STATE_COLUMNS} FROM files f JOIN source_directories d ON d.id = f.directory
        WHERE f.unreadable IS NOT NULL AND f.removed = 0 ORDER BY d.origin, d.path, f.name`,
    ).map(stateFromRow).map(({ file, origin, path, unreadable }) => (
      { file, origin, path, reason: unreadable! }
    ));
  }

  /** The track at a path of the tree, or of a view (`.views/NAME/...`), with or without a leading `/`. */
  trackAtVirtualPath(path: string): TrackDetails | undefined {
    const names = path.split("/").filter((segment) => segment !== "");
    // No name in the root of the tree begins with a dot.
    const isView = names[0] === ".views";
    if (isView && !hasViews(this.#db)) return undefined;
    const [nodes, root, below] = isView
      ? ["view_nodes", VIEWS_ID, names.slice(1)] as const
      : ["nodes", ROOT_ID, names] as const;
    let id: NodeId = root;
    for (const name of below) {
      const sql = `SELECT id FROM ${nodes} WHERE parent = ? AND name = ?`;
      const row = this.#ask.get(sql, id, name);
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

  /** What the views are, as the event has it; undefined for a library that a program made that knew none. */
  views(): ViewRules | undefined {
    return hasViews(this.#db) ? viewRulesIn(this.#db) : undefined;
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
      details: detailsOf(this.#ask, file),
      properties: propertiesOf(state),
      virtual_path: track === null ? null : this.nodePath(nodeOfTrack(track)) ?? null,
      copies: track === null ? [] : this.#copiesTold(track),
    };
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
