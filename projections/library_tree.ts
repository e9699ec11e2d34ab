/**
 * The `library_tree` projection: the virtual tree that the mount shows, and the feed of what changed in it.
 *
 * - A track's node has the track's number, and shows its primary copy: when another takes its place, the node goes on
 *   with that one, where its tags place it. A directory's number is a hash of its path, so both come out of a rebuild
 *   as they were.
 * - Names depend on the tracks that are there and on the template (see `_name_family`), not on the past.
 * - Directories appear with their first entry and go with their last.
 * - A directory is never older than anything it holds or ever held, and when an entry comes, goes or is renamed by
 *   another scan than the one that made the directory, it moves to at least the time of that event. Media
 *   servers decide by it whether to look inside. It never goes back while the directory exists.
 *
 * `nodes` is clustered by directory and name: that is all that folding asks for, so a rebuild inserts each track in
 * one place. Listings are read by number, from an index that holds all they show.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { StoredEvent } from "../events/event_log.ts";
import { ChangeFeed, initChangeFeed } from "./_change_feed.ts";
import { Directories, type Directory } from "./_directories.ts";
import { FileDetailsStore } from "./_file_details.ts";
import { arrange, familyOf, type NameFamily, sameFamily } from "./_name_family.ts";
import { Query } from "./_query.ts";
import type { FileState, TrackTransition } from "./file_state.ts";
import { FileStore } from "./file_store.ts";
import { FALLBACK_TEMPLATE, type Place, Template } from "./path_naming.ts";
import type { Changes, Fold, FoldContext, Projection, Transitions } from "./projection.ts";
import { ROOT_ID } from "./tree_types.ts";
import { FIRST_DIRECTORY_ID } from "../src/base/mod.ts";

export const libraryTree: Projection = {
  name: "library_tree",
  version: 2,
  tables: [{ name: "nodes", key: ["parent", "name"] }, { name: "tree_state", key: ["id"] }],
  handles: new Set([
    ...["FilesObserved", "FilesRemoved", "OriginConfigured", "OriginRemoved"] as const,
    "TemplateChanged",
  ]),
  init(db) {
    db.exec(`
      CREATE TABLE nodes (
        parent INTEGER NOT NULL,
        id INTEGER NOT NULL,
        name TEXT NOT NULL,
        size INTEGER NOT NULL,
        mtime_s INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        changed_seq INTEGER NOT NULL,
        wanted TEXT,      -- of a track: the name it would have, were it not taken
        entries INTEGER,  -- of a directory, as in Directory
        born INTEGER,
        PRIMARY KEY (parent, name)
      ) WITHOUT ROWID;
      CREATE UNIQUE INDEX nodes_of_directories ON nodes (id) WHERE id >= ${FIRST_DIRECTORY_ID};
      CREATE UNIQUE INDEX nodes_displaced ON nodes (parent, id) WHERE wanted IS NOT NULL;
      CREATE TABLE tree_state (id INTEGER PRIMARY KEY CHECK (id = 1), template TEXT NOT NULL);
    `);
    addRoot(db, 0, 0, 0, null);
    db.prepare("INSERT INTO tree_state VALUES (1, ?)").run(FALLBACK_TEMPLATE);
    initChangeFeed(db);
  },
  index(db) {
    db.exec(`
      CREATE UNIQUE INDEX nodes_of_tracks ON nodes (id) WHERE id < ${FIRST_DIRECTORY_ID};
      CREATE UNIQUE INDEX nodes_listed
        ON nodes (parent, id, name, size, mtime_s, mtime_ns, changed_seq);
    `);
  },
  start: (db, context) => new Folding(db, context),
};

function addRoot(
  db: DatabaseSync,
  mtime_s: number,
  mtime_ns: number,
  changed_seq: number,
  born: number | null,
): void {
  db.prepare("INSERT INTO nodes VALUES (0, ?, '', 0, ?, ?, ?, NULL, 0, ?)")
    .run(ROOT_ID, mtime_s, mtime_ns, changed_seq, born);
}

/** What is the same for everything that one event does. */
interface Moment {
  readonly seq: number;
  readonly at_s: number;
  readonly at_ns: number;
  /** Tells whether a directory was made by the same scan; below 0 for an event without one. */
  readonly episode: number;
}

/** The node of a track on its way to a name. */
interface TrackNode {
  readonly track: number;
  readonly wanted: string;
  readonly size: number;
  readonly mtime_s: number;
  readonly mtime_ns: number;
  readonly changed_seq: number;
  /** As in {@link TrackTransition}. */
  readonly renewed: boolean;
}

/** A family of names in which somebody came or went, and the tracks that have no name yet. */
interface Contest {
  readonly directory: Directory;
  readonly family: NameFamily;
  readonly nameless: Map<number, TrackNode>;
}

const TRACK_COLUMNS = "parent, id, name, size, mtime_s, mtime_ns, changed_seq, wanted";

class Folding implements Fold {
  readonly #db: DatabaseSync;
  readonly #store: FileStore;
  readonly #details: FileDetailsStore;
  readonly #directories: Directories;
  readonly #feed: ChangeFeed;
  readonly #byName: Query;
  readonly #byPrefix: Query;
  readonly #displaced: Query;
  readonly #anyDisplaced: Query;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #delete: StatementSync;
  #template: Template;
  /** Of the event at hand. */
  #moment: Moment = { seq: 0, at_s: 0, at_ns: 0, episode: 0 };
  readonly #contests = new Map<string, Contest>();
  readonly #emptied = new Set<Directory>();
  /** Directories of other scans in which an entry came, went or was renamed. */
  #relisted: Directory[] = [];
  /** Directories before a change of the template, by number, while everything is placed anew. */
  #formerly: Query | undefined;

  constructor(db: DatabaseSync, context: FoldContext) {
    this.#db = db;
    this.#store = new FileStore(db);
    this.#details = new FileDetailsStore(db);
    this.#directories = new Directories(db);
    this.#feed = new ChangeFeed(db, context.feed);
    this.#byName = new Query(
      db,
      `SELECT ${TRACK_COLUMNS} FROM nodes WHERE parent = ? AND name = ?`,
    );
    this.#byPrefix = new Query(
      db,
      `SELECT ${TRACK_COLUMNS} FROM nodes WHERE parent = ? AND name > ? AND name < ?`,
    );
    this.#displaced = new Query(
      db,
      `SELECT ${TRACK_COLUMNS} FROM nodes WHERE parent = ? AND id = ? AND wanted IS NOT NULL`,
    );
    this.#anyDisplaced = new Query(
      db,
      `SELECT 1 FROM nodes INDEXED BY nodes_displaced
        WHERE parent = ? AND wanted IS NOT NULL LIMIT 1`,
    );
    this.#insert = db.prepare(
      `INSERT INTO nodes (${TRACK_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    );
    this.#update = db.prepare(
      "UPDATE nodes SET size = ?, mtime_s = ?, mtime_ns = ?, changed_seq = ? WHERE parent = ? AND name = ?",
    );
    this.#delete = db.prepare("DELETE FROM nodes WHERE parent = ? AND name = ?");
    const [template] = new Query(db, "SELECT template FROM tree_state").get()!;
    this.#template = new Template(template as string);
  }

  apply(event: StoredEvent, _files: Transitions, tracks: Changes["tracks"]): void {
    if (event.type !== "TemplateChanged" && tracks.length === 0) return;
    this.#moment = {
      seq: event.seq,
      at_s: Math.floor(event.at / 1000),
      at_ns: Math.floor(event.at % 1000) * 1_000_000,
      episode: "scan" in event.data ? event.data.scan : -event.seq,
    };
    if (event.type === "TemplateChanged") this.#replace(event.data.template);
    else for (const transition of tracks) this.#follow(transition);
    this.#settle();
  }

  flush(): void {
    for (const { id, name, parent } of this.#directories.flush()) {
      this.#feed.record("attributes", parent?.id ?? ROOT_ID, name, id, true);
    }
    this.#feed.flush();
  }

  #follow({ track, before, after, renewed }: TrackTransition): void {
    const from = before && this.#place(before);
    const to = after && this.#place(after);
    if (from && to && from.directory === to.directory && from.name === to.name) {
      this.#refresh(nodeOf(track, after, to.name, renewed), to);
    } else {
      if (from) this.#remove(track, from);
      if (to) this.#add(nodeOf(track, after, to.name, renewed), to.directory);
    }
  }

  #place(state: FileState): Place {
    return this.#template.place({
      ...{ names: state.names, format: state.format!, tags: state.trackTags },
      details: () => state.details ?? this.#details.get(state.file),
    });
  }

  /** The track stays where it is. */
  #refresh(node: TrackNode, place: Place): void {
    const { track, size, mtime_s, mtime_ns, changed_seq } = node;
    const directory = this.#directories.byPath(place.directory)!;
    const waiting = this.#contest(directory, place.name, false);
    const nameless = waiting?.nameless.get(track);
    if (nameless) {
      waiting!.nameless.set(track, { ...node, renewed: node.renewed || nameless.renewed });
    } else if (node.renewed) {
      const name = this.#nameOf(directory, track, place.name);
      this.#update.run(size, mtime_s, mtime_ns, changed_seq, directory.id, name);
      this.#feed.record("content", directory.id, name, track, false);
    }
    this.#directories.raise(directory, mtime_s, mtime_ns);
  }

  #add(node: TrackNode, path: string): void {
    const directory = this.#ensure(path);
    directory.entries++;
    this.#directories.touch(directory);
    if (!this.#name(directory, node, node.wanted)) {
      this.#contest(directory, node.wanted, true)!.nameless.set(node.track, node);
    }
    this.#directories.raise(directory, node.mtime_s, node.mtime_ns);
  }

  /** Gives the node a name; false when another has it. */
  #name(directory: Directory, node: TrackNode, name: string): boolean {
    const { changes } = this.#insert.run(
      directory.id,
      node.track,
      name,
      node.size,
      node.mtime_s,
      node.mtime_ns,
      node.changed_seq,
      name === node.wanted ? null : node.wanted,
    );
    if (changes === 0) return false;
    this.#listing(directory);
    this.#feed.record("added", directory.id, name, node.track, false);
    if (node.renewed) this.#feed.record("content", directory.id, name, node.track, false);
    return true;
  }

  #unname(directory: Directory, track: number, name: string): void {
    this.#delete.run(directory.id, name);
    this.#listing(directory);
    this.#feed.record("removed", directory.id, name, track, false);
  }

  #remove(track: number, place: Place): void {
    const directory = this.#directories.byPath(place.directory)!;
    const waiting = this.#contest(directory, place.name, false);
    if (!waiting?.nameless.delete(track)) {
      this.#unname(directory, track, this.#nameOf(directory, track, place.name));
      this.#vacated(directory, place.name);
    }
    this.#left(directory);
  }

  /** The name that a track has, given the one it wants. */
  #nameOf(directory: Directory, track: number, wanted: string): string {
    const row = this.#displaced.get(directory.id, track);
    return row === undefined ? wanted : row[2] as string;
  }

  #left(directory: Directory): void {
    directory.entries--;
    this.#directories.touch(directory);
    if (directory.entries === 0) this.#emptied.add(directory);
  }

  /** A name is free again: whoever was kept from it may have it now. */
  #vacated(directory: Directory, name: string): void {
    if (this.#anyDisplaced.get(directory.id)) this.#contest(directory, name, true);
  }

  #contest(directory: Directory, name: string, open: boolean): Contest | undefined {
    if (!open && this.#contests.size === 0) return undefined;
    const family = familyOf(name);
    const key = `${directory.id}/${family.stem}/${family.extension}`;
    let contest = this.#contests.get(key);
    if (contest === undefined && open) {
      this.#contests.set(key, contest = { directory, family, nameless: new Map() });
    }
    return contest;
  }

  #ensure(path: string): Directory {
    const known = this.#directories.byPath(path);
    if (known) return known;
    const slash = path.lastIndexOf("/");
    const parent = this.#ensure(path.slice(0, Math.max(0, slash)));
    const name = path.slice(slash + 1);
    this.#evict(parent, name);
    const { episode, seq } = this.#moment;
    const directory = this.#directories.add(parent, name, episode, seq);
    this.#listing(parent);
    this.#feed.record("added", parent.id, name, directory.id, true);
    const former = this.#formerly?.get(directory.id, parent.id, name);
    if (former) {
      this.#directories.raise(directory, former[0] as number, former[1] as number);
      this.#directories.raise(directory, this.#moment.at_s, this.#moment.at_ns);
    }
    return directory;
  }

  /** A track that has the name of a directory to be gives way. */
  #evict(parent: Directory, name: string): void {
    const row = this.#byName.get(parent.id, name);
    if (row === undefined) return;
    const node = nodeFromRow(row);
    this.#unname(parent, node.track, name);
    this.#contest(parent, node.wanted, true)!.nameless.set(node.track, node);
  }

  /** An entry came, went or was renamed. */
  #listing(directory: Directory): void {
    const { seq, episode } = this.#moment;
    directory.born ??= episode;
    if (directory.changed_seq === seq) return;
    directory.changed_seq = seq;
    this.#directories.touch(directory);
    if (directory.born !== episode) this.#relisted.push(directory);
  }

  /**
   * The end of an event: empty directories go, then names that were contested are given, then directories with
   * other entries than before move to the event's time.
   */
  #settle(): void {
    for (const directory of this.#emptied) {
      if (directory.entries > 0 || directory.parent === undefined) continue;
      if (!this.#directories.exists(directory)) continue;
      const { parent, name, id } = directory;
      this.#directories.remove(directory);
      this.#listing(parent);
      this.#feed.record("removed", parent.id, name, id, true);
      this.#vacated(parent, name);
      if (parent.entries === 0) this.#emptied.add(parent);
    }
    this.#emptied.clear();
    for (const contest of this.#contests.values()) {
      if (this.#directories.exists(contest.directory)) this.#decide(contest);
    }
    this.#contests.clear();
    for (const directory of this.#relisted) {
      if (!this.#directories.exists(directory)) continue;
      this.#directories.raise(directory, this.#moment.at_s, this.#moment.at_ns);
    }
    this.#relisted = [];
  }

  #decide({ directory, family, nameless }: Contest): void {
    const named = new Map<number, { node: TrackNode; name: string }>();
    const taken = new Set<string>();
    for (const row of this.#relatives(directory, family)) {
      const node = nodeFromRow(row);
      const name = row[2] as string;
      if (node.track >= FIRST_DIRECTORY_ID) taken.add(name);
      else if (sameFamily(familyOf(node.wanted), family)) named.set(node.track, { node, name });
    }
    const nodes = new Map(nameless);
    for (const [track, { node }] of named) nodes.set(track, node);
    const names = arrange([...nodes.values()], taken);
    for (const [track, { name }] of named) {
      if (names.get(track) === name) nodes.delete(track);
      else this.#unname(directory, track, name);
    }
    for (const [track, node] of nodes) this.#name(directory, node, names.get(track)!);
  }

  /** Everything whose name starts as those of the family do. */
  #relatives(directory: Directory, { stem, extension }: NameFamily) {
    const first = this.#byName.get(directory.id, stem + extension);
    const numbered = this.#byPrefix.all(directory.id, `${stem} (`, `${stem} )`);
    return first === undefined ? numbered : [first, ...numbered];
  }

  /** Places every track anew, in the order of their primaries. */
  #replace(text: string): void {
    const template = parsed(text);
    if (template === undefined || template.text === this.#template.text) return;
    this.#template = template;
    this.#db.prepare("UPDATE tree_state SET template = ?").run(text);
    const { root } = this.#directories;
    if (root.entries === 0) return;
    const { mtime_s, mtime_ns, born } = root;
    this.#directories.flush();
    this.#directories.forget();
    this.#db.exec(`
      CREATE TEMP TABLE former_directories AS
        SELECT id, parent, name, mtime_s, mtime_ns FROM nodes WHERE id >= ${FIRST_DIRECTORY_ID};
      CREATE INDEX temp.former_directories_by_id ON former_directories (id);
      DELETE FROM nodes;
    `);
    addRoot(this.#db, mtime_s, mtime_ns, this.#moment.seq, born);
    this.#directories.raise(this.#directories.root, this.#moment.at_s, this.#moment.at_ns);
    this.#formerly = new Query(
      this.#db,
      `SELECT mtime_s, mtime_ns FROM former_directories WHERE id = ? AND parent = ? AND name = ?`,
    );
    for (const primary of this.#store.primaries()) {
      const { name, directory } = this.#place(primary);
      this.#add(nodeOf(primary.track, primary, name, false), directory);
    }
    this.#settle();
    this.#formerly = undefined;
    this.#db.exec("DROP TABLE temp.former_directories");
    this.#feed.recordEverything();
  }
}

function nodeOf(track: number, primary: FileState, wanted: string, renewed: boolean): TrackNode {
  const { size, mtime_s, mtime_ns, changed_seq } = primary;
  return { track, wanted, size, mtime_s, mtime_ns, changed_seq, renewed };
}

function nodeFromRow(row: readonly unknown[]): TrackNode {
  const [, track, name, size, mtime_s, mtime_ns, changed_seq, wanted] = row as [
    ...[number, number, string, number, number, number, number, string | null],
  ];
  return { track, wanted: wanted ?? name, size, mtime_s, mtime_ns, changed_seq, renewed: false };
}

/** A template that this program can't read changes nothing: what is in the log has to fold. */
function parsed(text: string): Template | undefined {
  try {
    return new Template(text);
  } catch {
    return undefined;
  }
}
