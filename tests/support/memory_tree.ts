import {
  type FileLocation,
  ROOT_ID,
  type StoredPart,
  type TreeChange,
  type TreeNode,
  type TreeReader,
} from "../../projections/tree_types.ts";
import type { FileVersion } from "../../events/facts/files.ts";
import { FIRST_DIRECTORY_ID, FIRST_FILE_ID } from "../../src/base/mod.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Directory {
  readonly byName: Map<string, number>;
  /** Ascending. */
  ids: number[];
}

/** Where a file of the tree lies; what is absent makes it the only copy, on a local origin. */
export type RealFile =
  & { root: string; path: string }
  & FileVersion
  & Partial<Pick<FileLocation, "origin" | "kind" | "others">>;

/** A tree in memory that can be changed: what the projections do in the real program, in plain steps. */
export class MemoryTree implements TreeReader {
  /** Directories of every origin that are file systems of their own. */
  mounts: readonly string[] = [];
  /** Of every file. */
  durationMs: number | null = null;
  readonly #nodes = new Map<number, Mutable<TreeNode>>();
  readonly #directories = new Map<number, Directory>();
  readonly #locations = new Map<number, Omit<FileLocation, "change">>();
  readonly #parts = new Map<string, readonly StoredPart[]>();
  readonly #changes: TreeChange[] = [];
  #pruned = 0;
  #seq = 0;
  #nextFile = FIRST_FILE_ID;
  #nextDirectory = FIRST_DIRECTORY_ID;

  constructor() {
    this.#nodes.set(ROOT_ID, directoryNode(ROOT_ID, ROOT_ID, ""));
    this.#directories.set(ROOT_ID, { byName: new Map(), ids: [] });
  }

  /** Puts a file at a path of the tree, making directories on the way; returns its number. */
  addFile(
    path: string,
    real: RealFile,
    file: number = this.#nextFile++,
  ): number {
    const { parent, name } = this.#parentOf(path);
    const { size, mtime_s, mtime_ns } = real;
    const changed_seq = ++this.#seq;
    this.#locations.set(file, {
      ...{ track: file, file, others: 0, origin: "memory", kind: "local", changed_seq },
      audio_start: null,
      ...real,
    });
    this.#insert({
      id: file,
      parent,
      name,
      directory: false,
      size,
      mtime_s,
      mtime_ns,
      changed_seq,
    });
    return file;
  }

  /** The file at the path has this version now. */
  setVersion(path: string, version: FileVersion): void {
    const { size, mtime_s, mtime_ns, ctime_s, ctime_ns, inode } = version;
    const node = this.at(path);
    node.size = size;
    node.mtime_s = mtime_s;
    node.mtime_ns = mtime_ns;
    node.changed_seq = ++this.#seq;
    const { ctime_s: _s, ctime_ns: _ns, inode: _i, ...location } = this.#locations.get(node.id)!;
    this.#locations.set(node.id, {
      ...location,
      ...{ size, mtime_s, mtime_ns, changed_seq: this.#seq },
      ...(ctime_s !== undefined && ctime_ns !== undefined && { ctime_s, ctime_ns }),
      ...(inode !== undefined && { inode }),
    });
    this.#record("content", node);
    this.#touchAbove(node.parent, mtime_s, mtime_ns);
  }

  remove(path: string): void {
    const node = this.at(path);
    this.#detach(node);
    this.#nodes.delete(node.id);
    this.#locations.delete(node.id);
    this.#directories.delete(node.id);
  }

  /** The file keeps its number under another path. */
  move(from: string, to: string): void {
    const node = this.at(from);
    this.#detach(node);
    const { parent, name } = this.#parentOf(to);
    this.#insert({ ...node, parent, name, changed_seq: ++this.#seq });
  }

  /** As if the feed had been cut: readers that were not level must take everything as changed. */
  pruneChanges(): void {
    this.#pruned = this.#changes.length;
  }

  at(path: string): Mutable<TreeNode> {
    let node = this.#nodes.get(ROOT_ID)!;
    for (const name of path.split("/").filter(Boolean)) {
      const id = this.#directories.get(node.id)?.byName.get(name);
      if (id === undefined) throw new Error(`No ${path} in the tree`);
      node = this.#nodes.get(id)!;
    }
    return node;
  }

  node(id: number): TreeNode | undefined {
    return this.#nodes.get(id);
  }

  lookup(parent: number, name: string): TreeNode | undefined {
    const id = this.#directories.get(parent)?.byName.get(name);
    return id === undefined ? undefined : this.#nodes.get(id);
  }

  children(parent: number, after: number, limit: number): TreeNode[] {
    const ids = this.#directories.get(parent)?.ids ?? [];
    const from = firstAbove(ids, after);
    return ids.slice(from, from + limit).map((id) => this.#nodes.get(id)!);
  }

  location(file: number): FileLocation | undefined {
    const location = this.#locations.get(file);
    return location && { ...location, change: this.lastChange() };
  }

  locations(): Iterable<Omit<FileLocation, "change">> {
    return this.#locations.values();
  }

  /** These parts of the file's present version are stored, ascending. */
  setParts(file: number, parts: readonly StoredPart[]): void {
    this.#parts.set(`${file} ${this.#locations.get(file)!.changed_seq}`, parts);
  }

  storedParts(file: number, version: number, from: number, to: number, limit: number) {
    const parts = this.#parts.get(`${file} ${version}`) ?? [];
    const first = parts.findIndex(({ offset, length }) => offset + length > from);
    if (first < 0) return [];
    return parts.slice(first, first + limit).filter(({ offset }) => offset < to);
  }

  /** All files are as long as that. */
  duration(file: number): number | null | undefined {
    return this.#locations.has(file) ? this.durationMs : undefined;
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

  #parentOf(path: string): { parent: number; name: string } {
    const names = path.split("/").filter(Boolean);
    const name = names.pop()!;
    let parent = ROOT_ID;
    for (const segment of names) {
      const known = this.#directories.get(parent)!.byName.get(segment);
      if (known !== undefined) {
        parent = known;
        continue;
      }
      const id = this.#nextDirectory++;
      this.#directories.set(id, { byName: new Map(), ids: [] });
      this.#insert(directoryNode(id, parent, segment));
      parent = id;
    }
    return { parent, name };
  }

  #insert(node: TreeNode): void {
    this.#nodes.set(node.id, node);
    const directory = this.#directories.get(node.parent)!;
    directory.byName.set(node.name, node.id);
    const last = directory.ids.at(-1) ?? 0;
    if (node.id > last) directory.ids.push(node.id);
    else directory.ids.splice(firstAbove(directory.ids, node.id), 0, node.id);
    this.#record("added", node);
    this.#touchAbove(node.parent, node.mtime_s, node.mtime_ns);
  }

  #detach(node: TreeNode): void {
    const directory = this.#directories.get(node.parent)!;
    directory.byName.delete(node.name);
    directory.ids.splice(firstAbove(directory.ids, node.id) - 1, 1);
    this.#record("removed", node);
  }

  #touchAbove(id: number, mtime_s: number, mtime_ns: number): void {
    for (let node = this.#nodes.get(id)!;; node = this.#nodes.get(node.parent)!) {
      if (node.mtime_s < mtime_s) {
        node.mtime_s = mtime_s;
        node.mtime_ns = mtime_ns;
        this.#record("attributes", node);
      }
      if (node.id === ROOT_ID) return;
    }
  }

  #record(kind: TreeChange["kind"], { id, parent, name, directory }: TreeNode): void {
    const change = this.#changes.length + 1;
    this.#changes.push({ change, kind, parent, name, node: id, directory });
  }
}

function directoryNode(id: number, parent: number, name: string): TreeNode {
  return { id, parent, name, directory: true, size: 0, mtime_s: 0, mtime_ns: 0, changed_seq: 0 };
}

/** Index of the first number above `value` in an ascending list. */
function firstAbove(ids: readonly number[], value: number): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ids[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
