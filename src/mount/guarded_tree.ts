import type {
  Covers,
  DirectoryReader,
  Entry,
  FileLocation,
  Node,
  StoredPart,
  TreeChange,
  TreeReader,
} from "../../projections/tree/tree_types.ts";
import {
  type ContentVersion,
  type Cookie,
  type FileId,
  FileSystemError,
  messageOf,
  type NodeId,
} from "../base/mod.ts";

/**
 * The shortest time between two calls of `onFault`, in ms: rebuilding the library takes seconds, in which every query
 * fails.
 */
const QUIET_MS = 10_000;

/**
 * A tree reader whose failures are answers to the kernel. When SQLite can't read the library, the caller gets EIO, and
 * `onFault` is called, so that the engine builds the library again from the log.
 */
export class GuardedTree implements TreeReader {
  #tree: TreeReader;
  readonly #onFault: (message: string) => void;
  #toldAt = -Infinity;

  constructor(tree: TreeReader, onFault: (message: string) => void) {
    this.#tree = tree;
    this.#onFault = onFault;
  }

  /** Replaces the tree that answers. */
  serve(tree: TreeReader): void {
    this.#tree = tree;
  }

  /** The origins' own directories, as the tree that answers at that moment has them. */
  readonly origins = this.#guarded(() => this.#tree.origins);

  /** The same of the views. */
  readonly views = this.#guarded(() => this.#tree.views);

  /** Covers, as the tree that answers at that moment has them. */
  readonly covers: Covers = {
    of: (directory, sources) => this.#guard(() => this.#tree.covers.of(directory, sources)),
    node: (id) => this.#guard(() => this.#tree.covers.node(id)),
    picture: (id) => this.#guard(() => this.#tree.covers.picture(id)),
    lastChange: () => this.#guard(() => this.#tree.covers.lastChange()),
    changesSince: (change, limit) =>
      this.#guard(() => this.#tree.covers.changesSince(change, limit)),
  };

  node(id: NodeId): Node | undefined {
    return this.#guard(() => this.#tree.node(id));
  }

  lookup(parent: NodeId, name: string): Entry | undefined {
    return this.#guard(() => this.#tree.lookup(parent, name));
  }

  children(parent: NodeId, after: Cookie, limit: number): Entry[] {
    return this.#guard(() => this.#tree.children(parent, after, limit));
  }

  location(node: NodeId): FileLocation | undefined {
    return this.#guard(() => this.#tree.location(node));
  }

  storedParts(
    file: FileId,
    version: ContentVersion,
    from: number,
    to: number,
    limit: number,
  ): StoredPart[] {
    try {
      return this.#tree.storedParts(file, version, from, to, limit);
    } catch (error) {
      // When the stored parts can't be determined, the engine is asked for the bytes; it may get them from an origin.
      this.#tell(error);
      return [];
    }
  }

  duration(file: FileId): number | null | undefined {
    return this.#guard(() => this.#tree.duration(file));
  }

  mountPoints(origin: string): readonly string[] {
    return this.#guard(() => this.#tree.mountPoints(origin));
  }

  collections(): readonly string[] {
    return this.#guard(() => this.#tree.collections());
  }

  lastChange(): number {
    return this.#guard(() => this.#tree.lastChange());
  }

  changesSince(change: number, limit: number): TreeChange[] | undefined {
    return this.#guard(() => this.#tree.changesSince(change, limit));
  }

  totals(): ReturnType<TreeReader["totals"]> {
    return this.#guard(() => this.#tree.totals());
  }

  #guarded(reader: () => DirectoryReader): DirectoryReader {
    return {
      node: (id) => this.#guard(() => reader().node(id)),
      lookup: (parent, name) => this.#guard(() => reader().lookup(parent, name)),
      children: (parent, after, limit) =>
        this.#guard(() => reader().children(parent, after, limit)),
      location: (node) => this.#guard(() => reader().location(node)),
      lastChange: () => this.#guard(() => reader().lastChange()),
      changesSince: (change, limit) => this.#guard(() => reader().changesSince(change, limit)),
    };
  }

  #tell(error: unknown): void {
    const now = performance.now();
    if (now - this.#toldAt <= QUIET_MS) return;
    this.#toldAt = now;
    this.#onFault(messageOf(error));
  }

  #guard<T>(ask: () => T): T {
    try {
      return ask();
    } catch (error) {
      if (error instanceof FileSystemError) throw error;
      this.#tell(error);
      throw new FileSystemError("EIO", `Cannot read the library: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}
