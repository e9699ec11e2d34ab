import type { DatabaseSync } from "node:sqlite";
import type { OriginType } from "../../events/facts/origins.ts";
import {
  type ContentVersion,
  type Cookie,
  type FileId,
  fileOfNode,
  FileSystemError,
  LOG_START,
  type NodeId,
  nodeOfFile,
  nodeOfOtherFile,
  nodeShowing,
  nodeSince,
  type NodeVersion,
  ORIGINS_ID,
  toCookie,
  toNodeId,
  toTrackId,
} from "../../src/base/mod.ts";
import { FeedReader } from "./_feed_reader.ts";
import { NODE_KINDS } from "../tree/node_kinds.ts";
import { Query, type Row } from "../core/query.ts";
import { shownMode } from "../tree/shown_mode.ts";
import { joinPath, VISIBLE } from "../catalog/file_state.ts";
import {
  type DirectoryReader,
  type Entry,
  type FileLocation,
  type Node,
  type NodeKind,
  ROOT_ID,
  type TreeChange,
} from "../tree/tree_types.ts";

/**
 * The columns that queries of music files and of other files share. In MUSIC `n` is the node of the track that the file
 * shows, if any.
 */
const NODE = "size, mtime_s, mtime_ns, content, mode, uid, gid, etag";
const VERSION = `size, mtime_s, mtime_ns, etag, content, ctime_s, ctime_ns, inode, mode, uid,
  gid`;

/** The SQL condition that a directory of the mount can show a name, and that no directory has it. */
const LISTED = `length(CAST(f.name AS BLOB)) <= 255 AND f.name NOT IN ('', '.', '..')
  AND NOT EXISTS (SELECT 1 FROM origin_directories x WHERE x.parent = od.id AND x.name = f.name)`;

function of(table: string, columns: string): string {
  return columns.split(/,\s*/).map((column) => `${table}.${column}`).join(", ");
}

const MUSIC = `SELECT f.number, f.name, n.id AS track, n.parent, n.kind, ${
  of("f", NODE)
}, od.id AS at
  FROM origin_directories od
    CROSS JOIN source_directories d ON d.origin = od.origin AND d.path = od.path
    CROSS JOIN files f ON f.directory = d.id
    LEFT JOIN tracks t ON t.track = f.track
    LEFT JOIN nodes n ON n.id = f.track AND f.number = coalesce(t.file, f.track) AND ${VISIBLE}`;
const OTHERS = `SELECT f.number, f.name, ${of("f", NODE)}, od.id AS at
  FROM origin_directories od CROSS JOIN other_files f ON f.directory = od.id`;
const DIRECTORIES = "SELECT id, name, parent, mtime_s, mtime_ns, version FROM origin_directories";

/**
 * Each origin as it is, for `/.origins`. A file that the tree shows is the same node in both places. A lesser copy, a
 * file that could not be read and a file that is not music are nodes of their own.
 */
export class OriginTreeReader implements DirectoryReader {
  readonly #directory: Query;
  readonly #directoryAt: Query;
  readonly #directories: Query;
  readonly #music: Query;
  readonly #musicAt: Query;
  readonly #others: Query;
  readonly #otherAt: Query;
  readonly #other: Query;
  readonly #file: Query;
  readonly #newest: Query;
  readonly #musicLocation: Query;
  readonly #otherLocation: Query;
  readonly #feed: FeedReader;

  constructor(db: DatabaseSync) {
    const page = "ORDER BY 1 LIMIT ?";
    this.#directory = new Query(db, `${DIRECTORIES} WHERE id = ?`);
    this.#directoryAt = new Query(db, `${DIRECTORIES} WHERE parent = ? AND name = ?`);
    this.#directories = new Query(db, `${DIRECTORIES} WHERE parent = ? AND id > ? ${page}`);
    const music = `${MUSIC} WHERE od.id = ? AND f.removed = 0`;
    this.#music = new Query(db, `${music} AND f.number > ? AND ${LISTED} ${page}`);
    this.#musicAt = new Query(db, `${music} AND f.name = ? LIMIT 1`);
    this.#others = new Query(
      db,
      `${OTHERS} WHERE od.id = ? AND f.number > ? AND ${LISTED} ${page}`,
    );
    this.#otherAt = new Query(db, `${OTHERS} WHERE od.id = ? AND f.name = ?`);
    this.#other = new Query(
      db,
      `SELECT f.number, f.name, ${
        of("f", NODE)
      }, f.directory FROM other_files f WHERE f.number = ?`,
    );
    this.#file = new Query(
      db,
      `SELECT f.number, f.name, NULL AS track, NULL AS parent, NULL AS kind, ${
        of("f", NODE)
      }, od.id AS at
        FROM files f CROSS JOIN source_directories d ON d.id = f.directory
          CROSS JOIN origin_directories od ON od.origin = d.origin AND od.path = d.path
        WHERE f.number = ? AND f.removed = 0`,
    );
    this.#newest = new Query(
      db,
      `SELECT mtime_s, mtime_ns, version FROM origin_directories WHERE parent = ${ORIGINS_ID}
        ORDER BY mtime_s DESC, mtime_ns DESC LIMIT 1`,
    );
    const origin = "CROSS JOIN origins o ON o.id = d.origin";
    this.#musicLocation = new Query(
      db,
      `SELECT f.number, d.origin, o.kind, o.root, d.path, f.name, ${
        of("f", VERSION)
      }, f.audio_start,
          CASE WHEN ${VISIBLE} THEN f.track END AS track
        FROM files f CROSS JOIN source_directories d ON d.id = f.directory ${origin}
        WHERE f.number = ? AND f.removed = 0`,
    );
    this.#otherLocation = new Query(
      db,
      `SELECT f.number, d.origin, o.kind, o.root, d.path, f.name, ${of("f", VERSION)},
          NULL AS audio_start, NULL AS track
        FROM other_files f CROSS JOIN origin_directories d ON d.id = f.directory ${origin}
        WHERE f.number = ?`,
    );
    this.#feed = new FeedReader(db, "origin");
  }

  node(id: NodeId): Node | undefined {
    if (id === ORIGINS_ID) return this.#root();
    const directory = this.#directory.get(id);
    if (directory !== undefined) return directoryEntry(directory).node;
    const other = this.#other.get(id);
    if (other !== undefined) return otherEntry(other).node;
    const file = this.#file.get(fileOfNode(id));
    return file && musicEntry(file).node;
  }

  lookup(parent: NodeId, name: string): Entry | undefined {
    const directory = this.#directoryAt.get(parent, name);
    if (directory !== undefined) return directoryEntry(directory);
    const music = this.#musicAt.get(parent, name);
    if (music !== undefined) return musicEntry(music);
    const other = this.#otherAt.get(parent, name);
    return other && otherEntry(other);
  }

  /** Music files, then directories, then other files: in the order of their numbers, which are the cookies. */
  children(parent: NodeId, after: Cookie, limit: number): Entry[] {
    const entries = this.#music.all(parent, after, limit).map(musicEntry);
    for (
      const [query, entryOf] of [
        [this.#directories, directoryEntry],
        [this.#others, otherEntry],
      ] as const
    ) {
      if (entries.length >= limit) break;
      entries.push(...query.all(parent, after, limit - entries.length).map(entryOf));
    }
    return entries;
  }

  location(node: NodeId): FileLocation | undefined {
    const row = this.#otherLocation.get(node) ?? this.#musicLocation.get(fileOfNode(node));
    if (row === undefined) return undefined;
    const [file, origin, kind, root, directory, name] = row as [
      ...[FileId, string, OriginType, string, string, string],
    ];
    const [size, mtime_s, mtime_ns, etag, content, ctime_s, ctime_ns, inode] = row.slice(6) as [
      ...[number, number, number, string | null, ContentVersion, number | null, number | null],
      number | null,
    ];
    const [seenMode, uid, gid, audio_start, track] = row.slice(14) as (number | null)[];
    const mode = shownMode({ mode: seenMode!, etag });
    return {
      ...{ node, file, others: 0, origin, kind, root },
      track: track === null ? null : toTrackId(track!),
      ...{ path: joinPath(directory, name), size, mtime_s, mtime_ns },
      ...(etag !== null && { etag }),
      ...(ctime_s !== null && ctime_ns !== null && { ctime_s, ctime_ns }),
      ...(inode !== null && { inode }),
      ...(mode !== null && { mode }),
      ...(uid !== null && { uid: uid! }),
      ...(gid !== null && { gid: gid! }),
      ...{ content, audio_start: audio_start!, change: undefined },
    };
  }

  lastChange(): number {
    return this.#feed.lastChange();
  }

  changesSince(change: number, limit: number): TreeChange[] | undefined {
    return this.#feed.changesSince(change, limit);
  }

  #root(): Node {
    const [mtime_s, mtime_ns, version] = (this.#newest.get() ?? [0, 0, 0]) as [
      ...[number, number, NodeVersion],
    ];
    return directory(ORIGINS_ID, ROOT_ID, mtime_s, mtime_ns, version);
  }
}

/**
 * Stands for a library of an older layout, which says nothing of the origins' directories. Their contents are unknown,
 * so listing them fails instead of showing none.
 */
export const UNKNOWN_ORIGINS: DirectoryReader = {
  node: (id) =>
    id === ORIGINS_ID ? directory(ORIGINS_ID, ROOT_ID, 0, 0, nodeSince(LOG_START)) : undefined,
  lookup: unknown,
  children: unknown,
  location: () => undefined,
  lastChange: () => 0,
  changesSince: () => [],
};

function unknown(): never {
  throw new FileSystemError("EIO", "the library of this program is being built from the log");
}

function directory(
  id: NodeId,
  parent: NodeId,
  mtime_s: number,
  mtime_ns: number,
  version: NodeVersion,
): Node {
  return { id, kind: "directory", parent, size: 0, mtime_s, mtime_ns, version };
}

function directoryEntry(row: Row): Entry {
  const [id, name, parent, mtime_s, mtime_ns, version] = row as [
    ...[NodeId, string, NodeId, number, number, NodeVersion],
  ];
  const node = directory(id, parent, mtime_s, mtime_ns, version);
  return { cookie: toCookie(id), name, node, ttl: Infinity };
}

/**
 * The entry of a music file: the node of its track, with its parent in the tree, if the track shows the file; otherwise
 * a node of its own.
 */
function musicEntry(row: Row): Entry {
  const [number, name, track, parent, kind] = row as [
    ...[FileId, string, NodeId | null, NodeId | null, number | null],
  ];
  const at = toNodeId(row.at(-1) as number);
  const node = track === null
    ? file(nodeOfFile(number), "file", at, row.slice(5))
    : file(track, NODE_KINDS[kind!]!, parent!, row.slice(5));
  return { cookie: toCookie(number), name, node, ttl: Infinity };
}

function otherEntry(row: Row): Entry {
  const [number, name] = row as [FileId, string];
  const node = file(nodeOfOtherFile(number), "file", toNodeId(row.at(-1) as number), row.slice(2));
  return { cookie: toCookie(number), name, node, ttl: Infinity };
}

function file(id: NodeId, kind: NodeKind, parent: NodeId, row: Row): Node {
  const [size, mtime_s, mtime_ns, content, seenMode, uid, gid, etag] = row as [
    ...[number, number, number, ContentVersion, number | null, number | null, number | null],
    string | null,
  ];
  const mode = shownMode({ mode: seenMode, etag });
  const version = nodeShowing(content);
  return { id, kind, parent, size, mtime_s, mtime_ns, version, mode, uid, gid };
}
