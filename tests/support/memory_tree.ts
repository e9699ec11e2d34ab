import {
  type DirectoryReader,
  type Entry,
  type FileLocation,
  NO_COVERS,
  NO_DIRECTORIES,
  type Node,
  ROOT_ID,
  type StoredPart,
  type TreeChange,
  type TreeReader,
} from "../../projections/tree/tree_types.ts";
import type { FileVersion } from "../../events/facts/files.ts";
import {
  contentSince,
  type Cookie,
  type FileId,
  FIRST_DIRECTORY_ID,
  FIRST_FILE_ID,
  LOG_START,
  type NodeId,
  nodeOfTrack,
  nodeShowing,
  nodeSince,
  ORIGINS_ID,
  type Seq,
  toCookie,
  toFileId,
  toNodeId,
  toSeq,
  toTrackId,
  trackOfFounder,
} from "../../src/base/mod.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Directory {
  readonly byName: Map<string, Entry>;
  /** Sorted by cookie. */
  readonly entries: Entry[];
}

/** The first cookie. Cookies are not node numbers, so they begin elsewhere. */
const FIRST_COOKIE = 100;

/** Where a file of the tree lies. Without further fields it is the only copy, on a local origin. */
export type RealFile =
  & { root: string; path: string }
  & FileVersion
  & Partial<Pick<FileLocation, "origin" | "kind" | "others">>;

/** A tree in memory that tests can change. It does in plain steps what the projections do in the real program. */
export class MemoryTree implements TreeReader {
  /** Directories of every origin that are roots of file systems. */
  mounts: readonly string[] = [];
  /** The names of the collections. */
  collectionNames: readonly string[] = [];
  /** The duration of every file. */
  durationMs: number | null = null;
  /** The directory `/.origins`, which is empty. */
  readonly origins: DirectoryReader = {
    node: (id) => id === ORIGINS_ID ? directoryNode(ORIGINS_ID, ROOT_ID) : undefined,
    lookup: () => undefined,
    children: () => [],
    location: () => undefined,
    lastChange: () => 0,
    changesSince: () => [],
  };
  readonly covers = NO_COVERS;
  readonly views = NO_DIRECTORIES;
  readonly #nodes = new Map<NodeId, Mutable<Node>>();
  readonly #directories = new Map<NodeId, Directory>();
  /** The names of each node. */
  readonly #names = new Map<NodeId, (readonly [parent: NodeId, name: string])[]>();
  readonly #locations = new Map<NodeId, Omit<FileLocation, "change">>();
  readonly #parts = new Map<string, readonly StoredPart[]>();
  readonly #changes: TreeChange[] = [];
  #pruned = 0;
  #seq = 0;
  #nextFile = FIRST_FILE_ID;
  #nextDirectory = FIRST_DIRECTORY_ID;
  #nextCookie = FIRST_COOKIE;

  constructor() {
    this.#nodes.set(ROOT_ID, directoryNode(ROOT_ID, ROOT_ID));
    this.#directories.set(ROOT_ID, { byName: new Map(), entries: [] });
  }

  /** Puts a file at a path of the tree, makes the directories on the way, and returns the file's number. */
  addFile(
    path: string,
    real: RealFile,
    number: number = this.#nextFile++,
  ): NodeId {
    const { parent, name } = this.#parentOf(path);
    const { size, mtime_s, mtime_ns } = real;
    const id = toNodeId(number);
    const content = contentSince(this.#next());
    this.#locations.set(id, {
      ...{ node: id, track: toTrackId(number), file: toFileId(number) },
      ...{ others: 0, origin: "memory", kind: "local", content, audio_start: null },
      ...real,
    });
    const version = nodeShowing(content);
    this.#insert(name, { id, kind: "track", parent, size, mtime_s, mtime_ns, version });
    return id;
  }

  /** Shows the node at a path under another path as well. */
  link(path: string, other: string): void {
    const node = this.at(path);
    const { parent, name } = this.#parentOf(other);
    this.#enter(parent, name, node);
  }

  /** Removes one name of a node; the node stays under its other names. */
  unlink(path: string): void {
    const { parent, name } = this.#parentOf(path);
    this.#leave(parent, name);
  }

  /** Sets the version of the file at a path. */
  setVersion(path: string, version: FileVersion): void {
    const { size, mtime_s, mtime_ns, ctime_s, ctime_ns, inode } = version;
    const node = this.at(path);
    node.size = size;
    node.mtime_s = mtime_s;
    node.mtime_ns = mtime_ns;
    const content = contentSince(this.#next());
    node.version = nodeShowing(content);
    const { ctime_s: _s, ctime_ns: _ns, inode: _i, ...location } = this.#locations.get(node.id)!;
    this.#locations.set(node.id, {
      ...location,
      ...{ size, mtime_s, mtime_ns, content },
      ...(ctime_s !== undefined && ctime_ns !== undefined && { ctime_s, ctime_ns }),
      ...(inode !== undefined && { inode }),
    });
    for (const [parent, name] of this.#namesOf(node.id)) {
      this.#record("content", parent, name, node);
    }
    this.#touchAbove(node.parent, mtime_s, mtime_ns);
  }

  /** Removes a node and all its names. */
  remove(path: string): void {
    const node = this.at(path);
    for (const [parent, name] of this.#namesOf(node.id)) this.#leave(parent, name);
    this.#nodes.delete(node.id);
    this.#locations.delete(node.id);
    this.#directories.delete(node.id);
  }

  /** Moves a file, which keeps its number. */
  move(from: string, to: string): void {
    const node = this.at(from);
    this.unlink(from);
    const { parent, name } = this.#parentOf(to);
    this.#insert(name, { ...node, parent, version: nodeSince(this.#next()) });
  }

  /** Cuts the feed of changes: a reader that is not up to date must take everything as changed. */
  pruneChanges(): void {
    this.#pruned = this.#changes.length;
  }

  at(path: string): Mutable<Node> {
    let node = this.#nodes.get(ROOT_ID)!;
    for (const name of path.split("/").filter(Boolean)) {
      const entry = this.#directories.get(node.id)?.byName.get(name);
      if (entry === undefined) throw new Error(`No ${path} in the tree`);
      node = this.#nodes.get(entry.node.id)!;
    }
    return node;
  }

  node(id: NodeId): Node | undefined {
    return this.#nodes.get(id);
  }

  lookup(parent: NodeId, name: string): Entry | undefined {
    return this.#asIs(this.#directories.get(parent)?.byName.get(name));
  }

  children(parent: NodeId, after: Cookie, limit: number): Entry[] {
    const entries = this.#directories.get(parent)?.entries ?? [];
    const from = firstAbove(entries, after);
    return entries.slice(from, from + limit).map((entry) => this.#asIs(entry)!);
  }

  location(node: number): FileLocation | undefined {
    const location = this.#locations.get(toNodeId(node));
    return location && { ...location, change: this.lastChange() };
  }

  locations(): Iterable<Omit<FileLocation, "change">> {
    return this.#locations.values();
  }

  /** Sets the stored parts of the file's present version, ascending. */
  setParts(file: number, parts: readonly StoredPart[]): void {
    const { content } = this.#locations.get(toNodeId(file))!;
    this.#parts.set(`${file} ${content}`, parts);
  }

  storedParts(file: number, version: number, from: number, to: number, limit: number) {
    const parts = this.#parts.get(`${file} ${version}`) ?? [];
    const first = parts.findIndex(({ offset, length }) => offset + length > from);
    if (first < 0) return [];
    return parts.slice(first, first + limit).filter(({ offset }) => offset < to);
  }

  /** The duration in ms, which all files share. */
  duration(file: FileId): number | null | undefined {
    return this.#locations.has(nodeOfTrack(trackOfFounder(file))) ? this.durationMs : undefined;
  }

  collections(): readonly string[] {
    return this.collectionNames;
  }

  mountPoints(): readonly string[] {
    return this.mounts;
  }

  lastChange(): number {
    return this.#changes.length;
  }

  changesSince(change: number, limit: number): TreeChange[] | undefined {
    if (change < this.#pruned) return undefined;
    return this.#changes.slice(change, change + limit);
  }

  totals() {
    let bytes = 0;
    for (const location of this.#locations.values()) bytes += location.size;
    return { tracks: this.#locations.size, albums: 0, artists: 0, bytes, unreadable: 0 };
  }

  #next(): Seq {
    return toSeq(++this.#seq);
  }

  #parentOf(path: string): { parent: NodeId; name: string } {
    const names = path.split("/").filter(Boolean);
    const name = names.pop()!;
    let parent = ROOT_ID;
    for (const segment of names) {
      const known = this.#directories.get(parent)!.byName.get(segment);
      if (known !== undefined) {
        parent = known.node.id;
        continue;
      }
      const id = toNodeId(this.#nextDirectory++);
      this.#directories.set(id, { byName: new Map(), entries: [] });
      this.#insert(segment, directoryNode(id, parent));
      parent = id;
    }
    return { parent, name };
  }

  #insert(name: string, node: Node): void {
    this.#nodes.set(node.id, node);
    this.#enter(node.parent, name, node);
    this.#touchAbove(node.parent, node.mtime_s, node.mtime_ns);
  }

  #enter(parent: NodeId, name: string, node: Node): void {
    const entry = { cookie: toCookie(this.#nextCookie++), name, node, ttl: Infinity };
    const directory = this.#directories.get(parent)!;
    directory.byName.set(name, entry);
    directory.entries.push(entry);
    this.#names.set(node.id, [...this.#namesOf(node.id), [parent, name]]);
    this.#record("added", parent, name, node);
  }

  #leave(parent: NodeId, name: string): void {
    const directory = this.#directories.get(parent)!;
    const entry = directory.byName.get(name)!;
    directory.byName.delete(name);
    directory.entries.splice(firstAbove(directory.entries, entry.cookie) - 1, 1);
    const others = this.#namesOf(entry.node.id).filter(([at, as]) => at !== parent || as !== name);
    this.#names.set(entry.node.id, others);
    this.#record("removed", parent, name, entry.node);
  }

  /** The entry with the present state of its node. */
  #asIs(entry: Entry | undefined): Entry | undefined {
    return entry && { ...entry, node: this.#nodes.get(entry.node.id)! };
  }

  #namesOf(id: NodeId): readonly (readonly [parent: NodeId, name: string])[] {
    return this.#names.get(id) ?? [];
  }

  #touchAbove(id: NodeId, mtime_s: number, mtime_ns: number): void {
    for (let node = this.#nodes.get(id)!;; node = this.#nodes.get(node.parent)!) {
      if (node.mtime_s < mtime_s) {
        node.mtime_s = mtime_s;
        node.mtime_ns = mtime_ns;
        for (const [parent, name] of this.#namesOf(node.id)) {
          this.#record("attributes", parent, name, node);
        }
        if (node.id === ROOT_ID) this.#record("attributes", ROOT_ID, "", node);
      }
      if (node.id === ROOT_ID) return;
    }
  }

  #record(kind: TreeChange["kind"], parent: NodeId, name: string, node: Node): void {
    const change = this.#changes.length + 1;
    const directory = node.kind === "directory";
    this.#changes.push({ change, kind, parent, name, node: node.id, directory });
  }
}

function directoryNode(id: NodeId, parent: NodeId): Node {
  return {
    id,
    kind: "directory",
    parent,
    size: 0,
    mtime_s: 0,
    mtime_ns: 0,
    version: nodeSince(LOG_START),
  };
}

/** The index of the first entry with a cookie above `after`. */
function firstAbove(entries: readonly Entry[], after: Cookie): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.cookie <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
