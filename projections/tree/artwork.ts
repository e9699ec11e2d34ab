/**
 * The `artwork` projection: which picture is the cover of which directory of the tree, and the feed of its changes.
 *
 * - A directory has a cover when it holds tracks itself and they are all of one album (see `cover_choice` for which
 *   picture it is). `covers` has a row for each source that gives one; the mount's settings choose among these.
 * - A cover is a node that other directories may show as well. A picture in a track has a number made from the track's
 *   number and its place in the track. A picture file beside the tracks is the node that `/.origins` shows.
 * - Rows follow from the present rows of the tree, the files and the files beside them, and not from what was before. A
 *   file that is built gets them at its end, in one pass over the directories. From then on they are made anew for the
 *   directories in which something changed.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { StoredEvent } from "../../events/log/event_log.ts";
import { type NodeId, nodeOfOtherFile, toFileId, toNodeId } from "../../src/base/mod.ts";
import { splitPath, VISIBLE } from "../catalog/file_state.ts";
import { FILES_BY_PATH } from "../catalog/possible_copies.ts";
import type { Fold, FoldContext, Projection, Transitions } from "../core/projection.ts";
import { type Cell, Query, type Row } from "../core/query.ts";
import { DISC_DIRECTORY } from "../naming/path_guess.ts";
import {
  CoverFinder,
  type FoundCover,
  type SourceDirectory,
  withParentOfDisc,
} from "./cover_finder.ts";
import { ChangeFeed, initChangeFeed } from "./change_feed.ts";
import { isCoverName } from "./cover_choice.ts";
import { DIRECTORY } from "./node_kinds.ts";
import { COVER_SOURCES } from "./tree_types.ts";

export const artwork: Projection = {
  name: "artwork",
  version: 1,
  tables: [
    { name: "covers", key: ["directory", "source"] },
    { name: "artwork_state", key: ["id"] },
  ],
  handles: new Set([
    ...["FilesObserved", "FilesRemoved", "OriginRemoved"] as const,
    ...["OtherFilesObserved", "OtherFilesRemoved", "TemplateChanged"] as const,
  ]),
  init(db) {
    db.exec(`
      CREATE TABLE covers (
        directory INTEGER NOT NULL,
        source INTEGER NOT NULL,  -- place in COVER_SOURCES
        node INTEGER NOT NULL,
        name TEXT NOT NULL,
        size INTEGER NOT NULL,
        mtime_s INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        mode INTEGER,
        uid INTEGER,
        gid INTEGER,
        version INTEGER NOT NULL,
        PRIMARY KEY (directory, source)
      ) WITHOUT ROWID;
      CREATE INDEX covers_by_node ON covers (node);
      CREATE TABLE artwork_state (id INTEGER PRIMARY KEY CHECK (id = 1), filled INTEGER NOT NULL);
      INSERT INTO artwork_state VALUES (1, 0);
    `);
    initChangeFeed(db, "artwork");
  },
  indexes: [FILES_BY_PATH],
  start: (db, context) => new Folding(db, context),
  fill: (db) => isFilled(db) ? [] : remade(db),
};

/** How many directories are looked at in one step. */
const DIRECTORIES_A_STEP = 50;
const COLUMNS = "node, name, size, mtime_s, mtime_ns, mode, uid, gid, version";

class Folding implements Fold {
  readonly #db: DatabaseSync;
  readonly #finder: CoverFinder;
  readonly #covers: Covers;
  readonly #feed: ChangeFeed;
  readonly #touched: FoldContext["touched"];
  readonly #showing: Query;
  readonly #tracksIn: Query;
  readonly #below: Query;
  /** Directories of origins in which music, or a picture file, came, went or changed. */
  #sources = new Map<string, SourceDirectory>();
  #isFilled: boolean;

  constructor(db: DatabaseSync, context: FoldContext) {
    this.#db = db;
    this.#finder = new CoverFinder(db);
    this.#covers = new Covers(db);
    this.#feed = new ChangeFeed(db, "artwork", context.feed);
    this.#touched = context.touched;
    this.#showing = new Query(db, "SELECT directory FROM covers WHERE node = ?");
    this.#tracksIn = new Query(
      db,
      `SELECT DISTINCT n.parent FROM source_directories s CROSS JOIN files f ON f.directory = s.id
          CROSS JOIN nodes n ON n.id = f.track
        WHERE s.origin = ? AND s.path = ? AND ${VISIBLE}`,
    );
    this.#below = new Query(
      db,
      `SELECT below.path, below.name FROM origin_directories d
          CROSS JOIN origin_directories below ON below.parent = d.id
        WHERE d.origin = ? AND d.path = ?`,
    );
    this.#isFilled = isFilled(db);
  }

  apply(event: StoredEvent, files: Transitions): void | Iterable<unknown> {
    if (!this.#isFilled) return;
    switch (event.type) {
      case "TemplateChanged":
        return this.#remade();
      case "OtherFilesObserved":
        for (const { file, path } of event.data.files) {
          this.#touchShowing(nodeOfOtherFile(file));
          const [above, name] = splitPath(path);
          if (isCoverName(name)) this.#touchSource(event.data.origin, above);
        }
        return;
      case "OtherFilesRemoved":
        // A picture file that is no cover leaves no trace.
        for (const file of event.data.files) this.#touchShowing(nodeOfOtherFile(file));
        return;
    }
    for (const { before, after } of files) {
      for (const state of before === undefined ? [after] : [before, after]) {
        this.#touchSource(state.origin, splitPath(state.path)[0]);
      }
    }
  }

  flush(): void {
    if (this.#isFilled) {
      for (const place of this.#sources.values()) {
        for (const at of withParentOfDisc(place)) this.#reconsider(at);
      }
      for (const directory of this.#touched) this.#makeAnew(directory);
      this.#feed.flush();
    }
    this.#sources.clear();
  }

  *#remade(): Iterable<unknown> {
    yield* remade(this.#db);
    // Followers were told that everything in the tree changed.
    this.#touched.clear();
  }

  #touchSource(origin: string, path: string): void {
    this.#sources.set(`${origin}\0${path}`, { origin, path });
  }

  #touchShowing(node: NodeId): void {
    for (const [directory] of this.#showing.all(node)) {
      this.#touched.add(toNodeId(directory as number));
    }
  }

  /**
   * Touches the directories of the tree that may show a picture file of this directory, or may no longer. Those whose
   * own tracks changed are touched already.
   */
  #reconsider(place: SourceDirectory): void {
    const files = this.#finder.filesIn(place);
    for (const { number } of files) this.#touchShowing(nodeOfOtherFile(toFileId(number)));
    if (files.length === 0 || !this.#finder.isOneAlbum(place)) return;
    this.#touchTracksIn(place);
    for (const [path, name] of this.#below.all(place.origin, place.path) as [string, string][]) {
      if (!DISC_DIRECTORY.test(name)) continue;
      const disc = { origin: place.origin, path };
      if (this.#finder.isOneAlbum(disc)) this.#touchTracksIn(disc);
    }
  }

  #touchTracksIn({ origin, path }: SourceDirectory): void {
    for (const [directory] of this.#tracksIn.all(origin, path)) {
      this.#touched.add(toNodeId(directory as number));
    }
  }

  #makeAnew(directory: NodeId): void {
    const before = this.#covers.of(directory);
    const { covers } = this.#finder.find(directory);
    const after = covers.map((cover) => rowOf(directory, cover));
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    this.#covers.replace(directory, after);
    this.#tell(directory, before, after);
  }

  #tell(directory: NodeId, before: readonly Row[], after: readonly Row[]): void {
    const entries = (rows: readonly Row[]) => rows.map((row) => `${row[1]} ${row[2]} ${row[3]}`);
    if (String(entries(before)) !== String(entries(after))) {
      // Which of them is shown depends on the mount's settings, so each name may mean something else now.
      const named = new Map([...before, ...after].map(([, , node, name]) => [name, node]));
      for (const [name, node] of named) {
        this.#feed.record("added", directory, name as string, toNodeId(node as number), false);
      }
    }
    for (const row of after) {
      const was = before.find((other) => other[2] === row[2]);
      if (was === undefined || JSON.stringify(was) === JSON.stringify(row)) continue;
      const kind = was.at(-1) === row.at(-1) ? "attributes" : "content";
      this.#feed.record(kind, directory, row[3] as string, toNodeId(row[2] as number), false);
    }
  }
}

/** The rows of `covers`. */
class Covers {
  readonly #of: Query;
  readonly #delete: StatementSync;
  readonly #insert: StatementSync;

  constructor(db: DatabaseSync) {
    this.#of = new Query(
      db,
      `SELECT directory, source, ${COLUMNS} FROM covers WHERE directory = ? ORDER BY source`,
    );
    this.#delete = db.prepare("DELETE FROM covers WHERE directory = ?");
    const marks = COLUMNS.replace(/\w+/g, "?");
    this.#insert = db.prepare(
      `INSERT INTO covers (directory, source, ${COLUMNS}) VALUES (?, ?, ${marks})`,
    );
  }

  of(directory: NodeId): Row[] {
    return this.#of.all(directory);
  }

  replace(directory: NodeId, rows: readonly Row[]): void {
    this.#delete.run(directory);
    this.add(rows);
  }

  add(rows: readonly Row[]): void {
    for (const row of rows) this.#insert.run(...row);
  }
}

function rowOf(directory: NodeId, cover: FoundCover): Cell[] {
  const { source, node, name, size, mtime_s, mtime_ns, mode, uid, gid, version } = cover;
  return [
    ...[directory, COVER_SOURCES.indexOf(source), node, name, size, mtime_s, mtime_ns],
    ...[mode, uid, gid, version],
  ];
}

function isFilled(db: DatabaseSync): boolean {
  return new Query(db, "SELECT filled FROM artwork_state").get()![0] !== 0;
}

/** Makes the rows of all directories, in steps. */
function* remade(db: DatabaseSync): Iterable<unknown> {
  const covers = new Covers(db);
  const finder = new CoverFinder(db);
  const directories = new Query(
    db,
    `SELECT id FROM nodes WHERE kind = ${DIRECTORY} AND id > ? ORDER BY id
      LIMIT ${DIRECTORIES_A_STEP}`,
  );
  db.exec("DELETE FROM covers");
  for (let after = 0;;) {
    const rows = directories.all(after);
    if (rows.length === 0) break;
    for (const row of rows) {
      const directory = toNodeId(row[0] as number);
      covers.add(finder.find(directory).covers.map((cover) => rowOf(directory, cover)));
    }
    after = rows.at(-1)![0] as number;
    yield;
  }
  db.exec("UPDATE artwork_state SET filled = 1");
}
