import type { FileLocation } from "../../../projections/tree/tree_types.ts";
import { FileSystemError, type NodeId, type NodeVersion } from "../../base/mod.ts";
import {
  type FileSegment,
  type ObjectSegment,
  readRecipe,
  type Recipe,
  type Segment,
} from "../../segments/mod.ts";
import type { PendingRead } from "../filesystem.ts";
import type { Handle } from "../core/handle_table.ts";
import { ReadAheadWindow } from "./read_ahead_window.ts";

/** What the bytes of a node are that is no file as it lies on an origin. */
export interface NodeRecipe {
  /** Equal means the same bytes. */
  readonly version: NodeVersion;
  readonly recipe: Recipe<FileLocation>;
}

export interface RecipeFilesOptions {
  /** The recipe of a node as it is now; undefined when it has none. */
  readonly recipe: (node: NodeId) => NodeRecipe | undefined;
  /** A number that no handle has. */
  readonly nextHandle: () => number;
  /** Opens one version of an origin's file. */
  readonly open: (location: FileLocation) => Handle;
  /** Has bytes `from` to `to` (exclusive) of the file at hand for reads to come, where that takes a fetch. */
  readonly ahead: (open: Handle, from: number, to: number) => void;
  /** As `FileSystem.read`. */
  readonly read: (
    open: Handle,
    offset: number,
    into: Uint8Array<ArrayBuffer>,
  ) => number | PendingRead;
  readonly readObject: (
    object: ObjectSegment,
    offset: number,
    into: Uint8Array<ArrayBuffer>,
  ) => number | PendingRead;
  /** Reads of the file that wait fail with the error. */
  readonly fail: (open: Handle, error: FileSystemError) => void;
  readonly close: (open: Handle) => void;
}

interface OpenRecipe {
  readonly node: NodeId;
  readonly version: NodeVersion;
  readonly recipe: Recipe<FileLocation>;
  /** The file of each segment, opened when it was needed first: one open for all segments of a version of a file. */
  readonly files: Map<Segment<FileLocation>, Handle>;
  readonly readAhead: ReadAheadWindow;
  stale: boolean;
}

/**
 * Nodes that are read by a recipe, as somebody has them open. Each file that segments are ranges of is an open of that
 * file like any other: it is compared, pinned to its version and failed over as a track is. Reading ahead goes over the
 * borders of segments, since a reader knows nothing of them: what follows is fetched while the segment before is read.
 */
export class RecipeFiles {
  readonly #options: RecipeFilesOptions;
  readonly #opens = new Map<number, OpenRecipe>();
  /** How many of them are stale. */
  #stale = 0;

  constructor(options: RecipeFilesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#opens.size;
  }

  /** Nodes that somebody has open, some of them several times. */
  *nodes(): IterableIterator<NodeId> {
    for (const { node } of this.#opens.values()) yield node;
  }

  /** The handle of a new open; undefined when the node has no recipe. */
  open(node: NodeId): number | undefined {
    const made = this.#options.recipe(node);
    if (made === undefined) return undefined;
    this.#outdate(node, made.version);
    const handle = this.#options.nextHandle();
    const readAhead = new ReadAheadWindow(made.recipe.size);
    this.#opens.set(handle, { node, ...made, files: new Map(), readAhead, stale: false });
    return handle;
  }

  /** Whether somebody has an older version of the node open. */
  isOutdated(node: NodeId): boolean {
    // Asked for every name and every stat: mostly there is none.
    return this.#stale > 0 &&
      [...this.#opens.values()].some((open) => open.stale && open.node === node);
  }

  isStale(handle: number): boolean {
    return this.#opens.get(handle)?.stale ?? false;
  }

  /** As `FileSystem.read`. Throws FileSystemError, EBADF when the handle is none of these. */
  read(handle: number, offset: number, into: Uint8Array<ArrayBuffer>): number | PendingRead {
    const open = this.#opens.get(handle);
    if (open === undefined) throw new FileSystemError("EBADF", `handle ${handle} is not open`);
    if (open.stale) throw new FileSystemError("ESTALE", "an older version was opened");
    const to = Math.min(open.recipe.size, offset + into.length);
    if (offset < to) this.#goesOn(open, offset, to);
    const reading = readRecipe(open.recipe, offset, into, (segment, at, target) => {
      if (segment.kind === "object") return this.#options.readObject(segment, at, target);
      return this.#options.read(this.#file(open, segment), at, target);
    });
    if (typeof reading !== "number") open.readAhead.waits();
    return reading;
  }

  release(handle: number): void {
    const open = this.#opens.get(handle);
    if (open === undefined) return;
    this.#opens.delete(handle);
    if (open.stale) this.#stale--;
    for (const file of new Set(open.files.values())) this.#options.close(file);
  }

  /** Opens of another version than the node has now are of an older one. */
  contentChanged(node: NodeId): void {
    if (this.#opens.size > 0) this.#outdate(node, this.#options.recipe(node)?.version);
  }

  #outdate(node: NodeId, version: NodeVersion | undefined): void {
    const error = new FileSystemError("ESTALE", "there is another version by now");
    for (const open of this.#opens.values()) {
      if (open.node !== node || open.version === version || open.stale) continue;
      open.stale = true;
      this.#stale++;
      for (const file of open.files.values()) this.#options.fail(file, error);
    }
  }

  #file({ files }: OpenRecipe, segment: FileSegment<FileLocation>): Handle {
    let file = files.get(segment);
    if (file === undefined) {
      const { file: number, content } = segment.file;
      const isSame = ({ location }: Handle) =>
        location.file === number && location.content === content;
      file = files.values().find(isSame) ?? this.#options.open(segment.file);
      files.set(segment, file);
    }
    return file;
  }

  /** Asks ahead for a reader that reads in sequence. */
  #goesOn(open: OpenRecipe, from: number, to: number): void {
    const { readAhead, recipe } = open;
    const end = readAhead.read(from, to);
    if (end === 0) return;
    const begin = readAhead.from;
    readAhead.advanced(end);
    for (let index = recipe.indexAt(begin); index < recipe.segments.length; index++) {
      const start = recipe.startOf(index);
      if (start >= end) return;
      const segment = recipe.segments[index]!;
      if (segment.kind !== "file") continue;
      const first = segment.from + Math.max(0, begin - start);
      const last = Math.min(segment.to, segment.from + end - start);
      this.#options.ahead(this.#file(open, segment), first, last);
    }
  }
}
