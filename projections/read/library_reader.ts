import type { DatabaseSync } from "node:sqlite";
import type { AudioProperties } from "../../events/facts/files.ts";
import type { OriginType } from "../../events/facts/origins.ts";
import {
  type ContentVersion,
  type Cookie,
  type FileId,
  FIRST_DIRECTORY_ID,
  type NodeId,
  toNodeId,
  trackOfNode,
} from "../../src/base/mod.ts";
import { CollectionQueries } from "./collection_queries.ts";
import { CoverReader, hasCovers, type TrackTree } from "./cover_reader.ts";
import { FeedReader } from "./_feed_reader.ts";
import { OriginTreeReader, UNKNOWN_ORIGINS } from "./origin_tree_reader.ts";
import { type Cell, Query } from "../core/query.ts";
import { currentFile, inodeOf, type OpenDatabase } from "../core/database.ts";
import {
  LIBRARY_FILE,
  openLibraryFile,
  ORIGIN_TREE_FROM,
  STORED_PARTS_UNTIL,
} from "../library_file.ts";
import { StoredParts } from "./_stored_parts.ts";
import type { StoredReader } from "./stored_reader.ts";
import { SteadyView } from "./_steady_view.ts";
import { viewsIn } from "./view_reader.ts";
import { entryOfRow, NODE_COLUMNS, nodeOfRow } from "./_node_row.ts";
import { shownMode } from "../tree/shown_mode.ts";
import { joinPath, VISIBLE } from "../catalog/file_state.ts";
import {
  type Covers,
  type DirectoryReader,
  type Entry,
  type FileLocation,
  NO_COVERS,
  type Node,
  ROOT_ID,
  type StoredPart,
  type TreeChange,
  type TreeReader,
} from "../tree/tree_types.ts";

interface Questions {
  readonly node: Query;
  readonly lookup: Query;
  readonly children: (limit: number) => Query;
  readonly location: Query;
  readonly properties: Query;
  readonly mounts: Query;
  readonly feed: FeedReader;
  readonly totals: Query;
  /** For a library of an older layout, which says itself what is stored. */
  readonly parts: StoredParts | undefined;
  readonly origins: DirectoryReader;
  readonly covers: Covers;
  readonly collections: CollectionQueries;
  readonly views: DirectoryReader;
}

/**
 * Answers from the library as it was committed at the first query since the event loop last turned. Throws SQLite's
 * error when the file is damaged.
 */
export class LibraryReader implements TreeReader {
  readonly #directory: string;
  readonly #stored: StoredReader | undefined;
  #open: OpenDatabase;
  #view: SteadyView;
  #questions: Questions;
  /** The newest change, as of the turn of the view in `#lastChangeAt`. */
  #lastChange = 0;
  #lastChangeAt = -1;

  private constructor(directory: string, stored: StoredReader | undefined, current: OpenDatabase) {
    this.#directory = directory;
    this.#stored = stored;
    this.#open = current;
    this.#view = new SteadyView(current.db);
    this.#questions = this.#questionsTo(current);
  }

  /**
   * Undefined while there is no library of a readable layout: the engine is building one then. Without `stored` nothing
   * counts as stored.
   */
  static open(directory: string, stored?: StoredReader): LibraryReader | undefined {
    const current = openLibraryFile(directory);
    return current && new LibraryReader(directory, stored, current);
  }

  /** Name of the file that is read. */
  get file(): string {
    return this.#open.name;
  }

  /**
   * Whether the file that is read is the serving one. False as well when its disk does not answer. True when it can't
   * be checked because this process has too many files open.
   */
  isThere(): boolean {
    const { name, inode } = this.#open;
    try {
      return currentFile(this.#directory, LIBRARY_FILE) === name &&
        inodeOf(`${this.#directory}/${name}`) === inode;
    } catch (error) {
      return (error as { code?: string }).code === "EMFILE";
    }
  }

  /**
   * Switches to the file that serves now. Returns true when it did so: then everything may have changed. With `always`
   * it opens the same file anew: a connection to a disk that was away may stay dead after the disk is back.
   */
  reopen(always: boolean = false): boolean {
    const { db } = this.#open;
    if (!always && this.isThere()) return false;
    const current = openLibraryFile(this.#directory);
    if (current === undefined) return false;
    db.close();
    this.#open = current;
    this.#view = new SteadyView(current.db);
    this.#lastChangeAt = -1;
    this.#questions = this.#questionsTo(current);
    return true;
  }

  close(): void {
    this.#open.db.close();
  }

  #questionsTo(current: OpenDatabase): Questions {
    return questions(current, {
      location: (node) => this.location(node),
      node: (id) => this.node(id),
    });
  }

  get #ask(): Questions {
    this.#view.hold();
    return this.#questions;
  }

  get origins(): DirectoryReader {
    return this.#ask.origins;
  }

  get covers(): Covers {
    return this.#ask.covers;
  }

  get views(): DirectoryReader {
    return this.#ask.views;
  }

  node(id: NodeId): Node | undefined {
    const row = this.#ask.node.get(id);
    return row && nodeOfRow(row, id, id === ROOT_ID ? ROOT_ID : toNodeId(row[6] as number));
  }

  lookup(parent: NodeId, name: string): Entry | undefined {
    const row = this.#ask.lookup.get(parent, name);
    return row && entryOfRow(row, parent, name);
  }

  children(parent: NodeId, after: Cookie, limit: number): Entry[] {
    const rows = this.#ask.children(limit).all(parent, after);
    return rows.map((row) => entryOfRow(row, parent, row[6] as string));
  }

  location(node: NodeId): FileLocation | undefined {
    const row = this.#ask.location.get(node);
    if (row === undefined) return undefined;
    const [file, others, origin, kind, root, directory, name] = row as [
      ...[FileId, number, string, OriginType, string, string, string],
      ...Cell[],
    ];
    const [size, mtime_s, mtime_ns, etag, content, audio_start] = row.slice(7) as [
      ...[number, number, number, string | null, ContentVersion, number | null],
    ];
    const [ctime_s, ctime_ns, inode, seenMode, uid, gid] = row.slice(13) as [
      ...[number | null, number | null, number | null],
      ...[number | null, number | null, number | null],
    ];
    const path = joinPath(directory, name);
    const mode = shownMode({ mode: seenMode, etag });
    return {
      ...{
        node,
        track: trackOfNode(node),
        file,
        others,
        origin,
        kind,
        root,
        path,
        size,
        mtime_s,
        mtime_ns,
      },
      ...(etag !== null && { etag }),
      ...(ctime_s !== null && ctime_ns !== null && { ctime_s, ctime_ns }),
      ...(inode !== null && { inode }),
      ...(mode !== null && { mode }),
      ...(uid !== null && { uid }),
      ...(gid !== null && { gid }),
      ...{ content, audio_start, change: this.lastChange() },
    };
  }

  storedParts(
    file: FileId,
    version: ContentVersion,
    from: number,
    to: number,
    limit: number,
  ): StoredPart[] {
    // There may be no cache log yet: it begins with what a library of an older layout says, so that library is asked.
    const wanted = [file, version, from, to, limit] as const;
    if (this.#stored?.isOpen) return this.#stored.parts(...wanted);
    return this.#ask.parts?.get(...wanted) ?? [];
  }

  duration(file: FileId): number | null | undefined {
    const row = this.#ask.properties.get(file);
    if (row === undefined) return undefined;
    return (JSON.parse(row[0] as string) as AudioProperties).duration_ms ?? null;
  }

  mountPoints(origin: string): readonly string[] {
    const [mounts = "[]"] = this.#ask.mounts.get(origin) ?? [];
    return JSON.parse(mounts as string) as string[];
  }

  collections(): readonly string[] {
    return this.#ask.collections.names();
  }

  /** Queries the database once a turn. */
  lastChange(): number {
    const { feed } = this.#ask;
    const { turn } = this.#view;
    if (this.#lastChangeAt === turn) return this.#lastChange;
    this.#lastChange = feed.lastChange();
    this.#lastChangeAt = turn;
    return this.#lastChange;
  }

  changesSince(change: number, limit: number): TreeChange[] | undefined {
    return this.#ask.feed.changesSince(change, limit);
  }

  totals(): { tracks: number; albums: number; artists: number; bytes: number; unreadable: number } {
    const [tracks, albums, artists, bytes, unreadable] = this.#ask.totals.get()! as [
      ...[number, number, number, number, number],
    ];
    return { tracks, albums, artists, bytes, unreadable };
  }
}

function questions({ db, schema }: OpenDatabase, tree: TrackTree): Questions {
  return {
    node: new Query(
      db,
      schema < 12 ? NODE_BEFORE_12 : `SELECT ${NODE_COLUMNS}, parent FROM nodes WHERE id = ?`,
    ),
    lookup: new Query(db, `SELECT ${NODE_COLUMNS} FROM nodes WHERE parent = ? AND name = ?`),
    children: childrenQueries(db),
    location: new Query(
      db,
      `SELECT f.number, coalesce(t.others, 0) AS others, d.origin, o.kind, o.root,
          d.path AS directory_path, f.name, f.size, f.mtime_s, f.mtime_ns, f.etag, f.content,
          f.audio_start, f.ctime_s, f.ctime_ns, f.inode, f.mode, f.uid, f.gid
        FROM (SELECT ? AS track) n LEFT JOIN tracks t ON t.track = n.track
          CROSS JOIN files f ON f.number = coalesce(t.file, n.track) AND f.track = n.track
          CROSS JOIN source_directories d ON d.id = f.directory CROSS JOIN origins o ON o.id = d.origin
        WHERE ${VISIBLE}`,
    ),
    properties: new Query(db, "SELECT properties FROM files WHERE number = ?"),
    mounts: new Query(db, "SELECT mounts FROM origins WHERE id = ?"),
    feed: new FeedReader(db, "tree"),
    totals: new Query(db, "SELECT tracks, albums, artists, bytes, unreadable FROM status"),
    parts: schema < STORED_PARTS_UNTIL ? new StoredParts(db) : undefined,
    origins: schema < ORIGIN_TREE_FROM ? UNKNOWN_ORIGINS : new OriginTreeReader(db),
    covers: hasCovers(db) ? new CoverReader(db, tree) : NO_COVERS,
    collections: new CollectionQueries(db),
    views: viewsIn(db),
  };
}

/** Before layout 12 tracks and directories each had an index of their own. */
const NODE_BEFORE_12 = `WITH asked (number) AS (SELECT ?) ${
  ["id < ", "id >= "].map((half) =>
    `SELECT ${NODE_COLUMNS}, parent FROM asked CROSS JOIN nodes
      WHERE id = asked.number AND ${half} ${FIRST_DIRECTORY_ID}`
  ).join(" UNION ALL ")
}`;

/**
 * Prepares a query for each new limit: SQLite plans anew whenever a bound limit changes, which takes longer (10 µs)
 * than the answer. The file system always uses the same limit.
 */
function childrenQueries(db: DatabaseSync): (limit: number) => Query {
  let prepared: { limit: number; query: Query } | undefined;
  return (limit) => {
    if (prepared?.limit !== limit) {
      const sql =
        `SELECT ${NODE_COLUMNS}, name FROM nodes WHERE parent = ? AND id > ? ORDER BY id LIMIT `;
      prepared = { limit, query: new Query(db, sql + Math.trunc(limit)) };
    }
    return prepared.query;
  };
}
