import {
  type Entry,
  type FileLocation,
  type Node,
  ROOT_ID,
  type TreeReader,
} from "../../projections/tree/tree_types.ts";
import {
  type Cookie,
  FileSystemError,
  type NodeId,
  nodeShowing,
  READ_DEADLINE_MS,
} from "../base/mod.ts";
import { ChangeFeed } from "./core/change_feed.ts";
import { CachedFiles, type ReadCounters } from "./read/cached_files.ts";
import type { CacheAccess } from "./cache_access.ts";
import { type Handle, HandleTable } from "./core/handle_table.ts";
import type { KernelCache } from "./core/kernel_cache.ts";
import { SeenFiles } from "./core/seen_files.ts";
import { ListingWindow } from "./core/listing_window.ts";
import { type Branch, Router } from "./core/router.ts";
import type { Answer, FileSystem, FileSystemTotals, OpenFile, PendingRead } from "./filesystem.ts";
import { originsBranch } from "./providers/origins.ts";
import { LaterRead } from "./read/later_read.ts";
import { LocalFiles } from "./read/local_files.ts";
import { type CoverOptions, TreeProvider } from "./providers/tree.ts";
import { viewsBranch } from "./providers/views.ts";
import { RecipeFiles } from "./read/recipe_files.ts";
import { RecentReads } from "./read/recent_reads.ts";
import { TrackPlays } from "./read/track_plays.ts";
import { COVER_XATTR, isOurs, realPath, XATTR_NAMES, xattrOf } from "./xattrs.ts";

export interface LibraryFileSystemOptions {
  /** What lies at the location is not what the tree says: it should be looked at again. */
  readonly onDrift: (location: FileLocation) => void;
  /** Whether symbolic links of an origin may lead out of it; none may when absent. */
  readonly followsLinks?: (origin: string) => boolean;
  /** Whether a listing of the root names what begins with a dot; not when absent. It can be entered either way. */
  readonly showHidden?: boolean;
  /** Covers of albums; no directory shows one when absent. */
  readonly covers?: CoverOptions;
  /** Where bytes come from that no local file has. */
  readonly cache: CacheAccess;
  /** Directories of the root, besides `.origins` and `.views`, that others than the tree answer for; none when absent. */
  readonly branches?: readonly Branch[];
  /** Local files take no descriptor from this number on: the rest is for commands and the engine. Any when absent. */
  readonly descriptorsMax?: number;
  /** How long a read waits for them; READ_DEADLINE_MS when absent. */
  readonly readDeadlineMs?: number;
}

/** Passing a file through costs two calls into the kernel; a smaller file is read in one or two requests. */
const PASSED_BYTES_MIN = 256 * 1024;
/** Of so many files it is known that the kernel may hold pages; of other local ones it drops them at open. */
const READ_NODES_MAX = 8192;

/** The library's tree as a file system: names from a projection, bytes from local files, the store and the engine. */
export class LibraryFileSystem implements FileSystem {
  #tree: TreeReader;
  readonly #provider: TreeProvider;
  readonly #router: Router;
  readonly #handles = new HandleTable();
  readonly #listing = new ListingWindow();
  readonly #local: LocalFiles;
  readonly #cached: CachedFiles;
  readonly #reads = new RecentReads(READ_NODES_MAX);
  readonly #plays: TrackPlays;
  readonly #recipes: RecipeFiles;
  readonly #seen = new SeenFiles(PASSED_BYTES_MIN);
  /** An open that was answered before it was looked where the file lies. */
  #promised: { readonly handle: number; readonly node: NodeId } | undefined;
  /** Opens that were answered so, of files that the library could not say the place of then. */
  readonly #unplaced = new Map<number, unknown>();
  #feed: ChangeFeed | undefined;
  #kernel: KernelCache | undefined;

  constructor(tree: TreeReader, options: LibraryFileSystemOptions) {
    this.#tree = tree;
    this.#provider = new TreeProvider(() => this.#tree, this.#seen, options.covers);
    this.#router = new Router({
      tree: this.#provider,
      sources: [this.#provider.covers],
      branches: [
        originsBranch(() => this.#tree.origins),
        viewsBranch(() => this.#tree.views),
        ...options.branches ?? [],
      ],
      showHidden: options.showHidden ?? false,
    });
    this.#local = new LocalFiles({
      onDrift: (open) => {
        this.#handles.outdate(open);
        options.onDrift(open.location);
      },
      followsLinks: options.followsLinks ?? (() => false),
      mountPoints: (origin) => this.#tree.mountPoints(origin),
      deadlineMs: options.readDeadlineMs ?? READ_DEADLINE_MS,
      descriptorsMax: options.descriptorsMax ?? Infinity,
      reads: this.#reads,
    });
    this.#cached = new CachedFiles(
      options.cache,
      () => this.#tree,
      options.readDeadlineMs,
    );
    this.#recipes = new RecipeFiles({
      recipe: (node) => this.#router.recipe(node),
      nextHandle: () => this.#handles.nextHandle(),
      open: (location) => this.#openSegment(location),
      ahead: ({ cached }, from, to) => cached && this.#cached.ahead(cached, from, to),
      read: (open, offset, into) => this.#read(open, offset, into),
      readObject: (object, offset, into) => this.#cached.readObject(object, offset, into),
      fail: (open, error) => this.#fail(open, error),
      close: (open) => this.#release(open),
    });
    this.#plays = new TrackPlays({
      handles: this.#handles,
      duration: (file) => this.#tree.duration(file),
      bytesBefore: (node) => this.#reads.bytes(node),
      played: (track) => options.cache.played(track),
      now: () => performance.now(),
    });
  }

  /** From now on the kernel is told of changes. Call it before the first request is answered. */
  connect(kernel: KernelCache): void {
    this.#kernel = kernel;
    this.#feed = new ChangeFeed({
      router: this.#router,
      kernel,
      contentChanged: (node) => this.#contentChanged(node),
      anyContentChanged: () => {
        const nodes = new Set([...this.#handles.nodes(), ...this.#recipes.nodes()]);
        for (const node of nodes) this.#contentChanged(node);
      },
      isOpenAsItIs: (node) =>
        this.#handles.ofNode(node).some(({ stale, isSegment }) => !stale && !isSegment),
    });
  }

  /** The tree may have changed: reads its feed. Resolves once the kernel was told. */
  async treeChanged(): Promise<void> {
    this.#listing.forget();
    this.#cached.libraryChanged();
    this.#router.libraryChanged();
    await this.#feed?.read();
  }

  /** A branch has changes to report: reads them. Resolves once the kernel was told. */
  async branchChanged(): Promise<void> {
    this.#listing.forget();
    await this.#feed?.read();
  }

  /** A branch keeps nothing of these nodes any more: the kernel need not either. */
  giveUp(nodes: readonly NodeId[]): void {
    void this.#kernel?.giveUp(nodes);
  }

  /** Another reader, of a projection that was built anew, serves from now on. */
  async replaceTree(tree: TreeReader): Promise<void> {
    this.#tree = tree;
    this.#listing.forget();
    this.#cached.libraryChanged();
    this.#router.libraryChanged();
    await this.#feed?.replaced();
  }

  /** How many files are open. */
  get openFiles(): number {
    return this.#handles.size + this.#recipes.size;
  }

  /** How reads of files that are read from the cache were answered. */
  get counters(): Readonly<ReadCounters> {
    return this.#cached.counters;
  }

  lookup(directory: NodeId, name: string): Answer<Entry | undefined> {
    return this.#router.lookup(directory, name);
  }

  missingTtl(directory: NodeId): number {
    return this.#router.missingTtl(directory);
  }

  attributes(id: NodeId, handle?: number): Node | undefined {
    if (
      handle !== undefined && (this.#handles.get(handle)?.stale ?? this.#recipes.isStale(handle))
    ) {
      throw new FileSystemError("ESTALE", "an older version was opened");
    }
    return this.#router.node(id) ?? this.#removedNode(id);
  }

  hasOldOpen(id: NodeId): boolean {
    return this.#handles.isOutdated(id) || this.#recipes.isOutdated(id);
  }

  forgotten(id: NodeId): void {
    this.#router.forgotten(id);
  }

  entries(directory: NodeId, after: Cookie, limit: number): Answer<readonly Entry[]> {
    return this.#listing.entries(
      directory,
      after,
      limit,
      (...window) => this.#router.entries(...window),
    );
  }

  open(id: NodeId, passes: boolean = true): Answer<OpenFile> {
    if (this.#isKnown(id, passes)) {
      const handle = this.#handles.nextHandle();
      this.#promised = { handle, node: id };
      return { handle, keepCache: false, direct: false, passable: false };
    }
    const location = this.#router.location(id);
    const untold = this.#feed?.untold(id, location?.change);
    if (untold === undefined) return this.#open(id, location);
    // The kernel still has pages, or a size, of another version.
    return untold.then(() => this.#open(id, this.#router.location(id)));
  }

  /**
   * Whether the node can be opened, and how, is known without asking where it lies: the tree named it and has not changed
   * since, nobody has it open, and the kernel need keep no pages of it.
   */
  #isKnown(id: NodeId, passes: boolean): boolean {
    const change = this.#tree.lastChange();
    return this.#seen.has(id, change, passes) && !this.#local.wasRead(id) &&
      this.#handles.ofNode(id).length === 0 && this.#feed?.untold(id, change) === undefined;
  }

  opened(handle: number): void {
    const promised = this.#promised;
    if (promised?.handle !== handle) return;
    this.#promised = undefined;
    try {
      const { node } = promised;
      const location = this.#router.location(node);
      // Somebody may have changed the library since the answer, which was about the version before.
      if (location === undefined || this.#feed?.untold(node, location.change) !== undefined) {
        throw new FileSystemError("ESTALE", "there is another version by now");
      }
      this.#add(location, handle);
    } catch (error) {
      this.#unplaced.set(handle, error);
    }
  }

  descriptor(handle: number): number | undefined | Promise<number | undefined> {
    const open = this.#handle(handle);
    if (open.cached) return undefined;
    const elsewhere = (error: unknown): undefined => {
      this.#failOver(open, error);
    };
    try {
      const file = this.#local.file(open);
      return file instanceof Promise ? file.then(({ fd }) => fd, elsewhere) : file.fd;
    } catch (error) {
      return elsewhere(error);
    }
  }

  read(handle: number, offset: number, into: Uint8Array<ArrayBuffer>): number | PendingRead {
    const open = this.#handles.get(handle);
    if (open !== undefined) return this.#read(open, offset, into);
    if (this.#unplaced.has(handle)) throw this.#unplaced.get(handle);
    return this.#recipes.read(handle, offset, into);
  }

  #read(open: Handle, offset: number, into: Uint8Array<ArrayBuffer>): number | PendingRead {
    if (open.stale) throw new FileSystemError("ESTALE", "an older version was opened");
    if (open.cached === undefined) {
      try {
        const reading = this.#local.read(open, offset, into);
        return typeof reading === "number" ? reading : this.#failingOver(open, reading, offset);
      } catch (error) {
        this.#failOver(open, error);
      }
    }
    return this.#cached.read(open.cached!, offset, into);
  }

  passedThrough(handle: number): void {
    const open = this.#handle(handle);
    open.isPassedThrough = true;
    this.#local.close(open);
  }

  release(handle: number): void {
    const open = this.#handles.get(handle);
    if (open !== undefined) return this.#release(open);
    if (this.#promised?.handle === handle) this.#promised = undefined;
    else if (!this.#unplaced.delete(handle)) this.#recipes.release(handle);
  }

  #release(open: Handle): void {
    if (!open.isSegment) {
      this.#plays.released(open);
      const bytes = open.bytesRead + (open.cached?.bytesRead ?? 0);
      if (bytes > 0) this.#reads.add(open.node, bytes);
    }
    this.#handles.remove(open.handle);
    this.#local.close(open);
    if (open.cached !== undefined) this.#cached.close(open.cached);
  }

  xattrNames(id: NodeId): readonly string[] {
    return this.#router.location(id) === undefined ? [] : XATTR_NAMES;
  }

  xattr(id: NodeId, name: string): Uint8Array | undefined {
    if (name === COVER_XATTR) {
      const file = this.#provider.coverFile(id);
      return file && realPath(file);
    }
    const location = isOurs(name) ? this.#router.location(id) : undefined;
    return location && xattrOf(location, name);
  }

  totals(): FileSystemTotals {
    const { bytes, tracks } = this.#tree.totals();
    return { bytes, files: tracks };
  }

  #open(id: NodeId, location: FileLocation | undefined): Answer<OpenFile> {
    if (location === undefined) {
      const handle = this.#recipes.open(id);
      if (handle !== undefined) {
        const direct = this.#recipes.isOutdated(id);
        return { handle, keepCache: false, direct, passable: false };
      }
      throw new FileSystemError(this.#router.node(id)?.kind === "directory" ? "EISDIR" : "ENOENT");
    }
    const direct = this.#handles.pin(id, location);
    const open = this.#add(location);
    const { handle } = open;
    if (location.kind !== "local") return { handle, keepCache: !direct, direct, passable: false };
    const keepCache = !direct && this.#local.wasRead(id);
    const file = { handle, keepCache, direct, passable: isPassable(location) };
    // What the kernel may serve from its pages without asking again is compared with the origin now;
    // otherwise the first read does that, and the open costs no look at the disk.
    if (!keepCache) return file;
    const elsewhere = (error: unknown) => {
      try {
        this.#failOver(open, error);
        return file;
      } catch (refused) {
        this.release(handle);
        throw refused;
      }
    };
    try {
      const opening = this.#local.file(open);
      return opening instanceof Promise ? opening.then(() => file, elsewhere) : file;
    } catch (error) {
      return elsewhere(error);
    }
  }

  #add(location: FileLocation, handle?: number): Handle {
    const open = this.#handles.add(location, handle);
    this.#plays.opened();
    if (location.kind !== "local") open.cached = this.#cached.open(location, false);
    return open;
  }

  /** A file that segments of a recipe are ranges of, in the version that the recipe names. */
  #openSegment(location: FileLocation): Handle {
    const open = this.#handles.addSegment(location);
    const now = this.#router.location(location.node);
    if (now !== undefined) this.#handles.pin(location.node, now);
    if (location.kind !== "local") open.cached = this.#cached.open(location, true);
    return open;
  }

  /** A local read that waits, and goes on elsewhere when its disk is away. */
  #failingOver(open: Handle, reading: PendingRead, offset: number): PendingRead {
    const waits = (async () => {
      try {
        await reading.ready();
      } catch (error) {
        this.#failOver(open, error);
      }
    })();
    return new LaterRead(waits, (into) => {
      if (open.stale) throw new FileSystemError("ESTALE", "an older version was opened");
      if (open.cached !== undefined) return this.#cached.read(open.cached, offset, into);
      const count = reading.fill(into);
      return count ?? this.#failingOver(open, reading, offset);
    });
  }

  /** The handle is read from the store and the engine from now on, where that may help; throws the error otherwise. */
  #failOver(open: Handle, error: unknown): void {
    if (open.cached !== undefined && !open.stale) return;
    if (open.isClosed || !this.#failsOver(open.location, error)) throw error;
    this.#local.close(open);
    open.cached = this.#cached.open(open.location, open.isSegment);
  }

  /**
   * Whether another copy may help, on an origin or, of what is pinned, in the store: not when the file is another than it
   * was, only when its origin is away.
   */
  #failsOver({ file, content, size, others }: FileLocation, error: unknown): boolean {
    if (!(error instanceof FileSystemError) || error.errno !== "EIO") return false;
    return others > 0 || this.#tree.storedParts(file, content, 0, size, 1).length > 0;
  }

  /** What the tree no longer has is still there for those who have it open. */
  #removedNode(id: NodeId): Node | undefined {
    const open = this.#handles.ofNode(id)[0];
    if (open === undefined) return undefined;
    const { track, size, mtime_s, mtime_ns, content, mode, uid, gid } = open.location;
    return {
      ...{ id, kind: track === null ? "file" : "track", parent: ROOT_ID },
      ...{ size, mtime_s, mtime_ns, version: nodeShowing(content) },
      ...{ mode: mode ?? null, uid: uid ?? null, gid: gid ?? null },
    };
  }

  #handle(handle: number): Handle {
    const open = this.#handles.get(handle);
    if (open === undefined) throw new FileSystemError("EBADF", `handle ${handle} is not open`);
    return open;
  }

  /** Reads that wait for bytes of an old version keep the kernel from dropping its pages: they fail first. */
  #contentChanged(node: NodeId): void {
    this.#reads.contentChanged(node);
    this.#recipes.contentChanged(node);
    const location = this.#router.location(node);
    if (location === undefined || !this.#handles.pin(node, location)) return;
    const error = new FileSystemError("ESTALE", "there is another version by now");
    for (const open of this.#handles.ofNode(node)) {
      if (open.stale) this.#fail(open, error);
    }
  }

  /** Every read that waits fails. */
  #fail(open: Handle, error: FileSystemError): void {
    this.#local.fail(open, error);
    open.cached?.fail(error);
  }
}

/** The kernel reads a file that it was handed by itself, and knows of no other copy when that fails. */
function isPassable({ size, others }: FileLocation): boolean {
  return size >= PASSED_BYTES_MIN && others === 0;
}
