import { ROOT_ID, type TreeChange } from "../../../projections/tree/tree_types.ts";
import type { NodeId } from "../../base/mod.ts";
import type { ChangeSource } from "../providers/provider.ts";
import type { KernelCache } from "./kernel_cache.ts";
import type { Router } from "./router.ts";

/** Rows of the feed that are read at a time. */
const BATCH_ROWS = 1_000;
/** With more notifications than this, the kernel is told instead that everything may have changed. */
const NOTIFICATIONS_MAX = 2_000;
/** While every known node is walked, this many notifications are queued at a time. */
const WALK_BATCH = 256;

export interface ChangeFeedOptions {
  readonly router: Router;
  readonly kernel: KernelCache;
  /** Called before the kernel is told that the bytes of a file may have changed. */
  readonly contentChanged: (node: NodeId) => void;
  /** Called before the kernel is told that the bytes of every open file may have changed. */
  readonly anyContentChanged: () => void;
  /**
   * Whether a file is open in the version that the tree has now. Then the kernel's pages are of that version, since
   * the open waited until older pages were dropped.
   */
  readonly isOpenAsItIs: (node: NodeId) => boolean;
}

/**
 * Follows the changes of the tree and makes the kernel forget what no longer holds: only nodes and names that it
 * knows, each once in a batch, and everything at once when that is less work.
 */
export class ChangeFeed {
  readonly #options: ChangeFeedOptions;
  readonly #sources: readonly ChangeSource[];
  /** The position up to which each source was read. */
  #positions: readonly number[];
  /** Files whose content changed, until the kernel has been told. */
  readonly #untold = new Map<NodeId, Promise<void>>();
  /** Set while the kernel is being told that everything may have changed. */
  #everything: Promise<void> | undefined;
  /** How often that has begun. */
  #walks = 0;
  /** Resolves once the kernel has been told everything that was read so far. */
  #told: Promise<unknown> = Promise.resolve();

  constructor(options: ChangeFeedOptions) {
    this.#options = options;
    this.#sources = options.router.sources;
    this.#positions = this.#newest();
  }

  /** Reads what is new and begins to tell the kernel. Resolves once the kernel has been told. */
  read(): Promise<unknown> {
    const isNew = (source: ChangeSource, i: number) => source.lastChange() !== this.#positions[i];
    return this.#sources.some(isNew) ? this.#tellNews() : this.#told;
  }

  /** Nothing counts as read before everything was, so a tree that fails half-way is read again. */
  #tellNews(): Promise<unknown> {
    const batch = new NotificationBatch(this.#options);
    const positions: number[] = [];
    for (const [i, source] of this.#sources.entries()) {
      const position = this.#collect(source, this.#positions[i]!, batch);
      if (position === undefined) return this.#tellEverything();
      positions.push(position);
    }
    if (batch.size > NOTIFICATIONS_MAX) return this.#tellEverything();
    this.#positions = positions;
    const sent = batch.send();
    for (const [node, promise] of sent.contents) {
      this.#untold.set(node, promise);
      promise.then(() => {
        if (this.#untold.get(node) === promise) this.#untold.delete(node);
      });
    }
    return this.#tellAlso(sent.all);
  }

  /**
   * Adds a source's changes after a position. Returns the newest position, or undefined when the source does not
   * reach back so far.
   */
  #collect(source: ChangeSource, after: number, batch: NotificationBatch): number | undefined {
    let position = after;
    for (;;) {
      const changes = source.changesSince(position, BATCH_ROWS);
      if (changes === undefined) return undefined;
      for (const change of changes) {
        const isFile = !change.directory;
        if (isFile && change.kind === "content") this.#options.contentChanged(change.node);
        batch.add(change);
        position = change.change;
      }
      if (changes.length < BATCH_ROWS) return position;
    }
  }

  #newest(): number[] {
    return this.#sources.map((source) => source.lastChange());
  }

  /** To be called when another projection file serves: the numbers stay, but the difference is not known. */
  replaced(): Promise<unknown> {
    return this.#tellEverything();
  }

  /**
   * Resolves once the kernel knows that the file changed; undefined when it has nothing to learn. `change` is the
   * tree's newest change: one that was read already need not be read again. Without it all sources are asked.
   */
  untold(node: NodeId, change: number | undefined): Promise<unknown> | undefined {
    if (change !== this.#positions[0]) this.read();
    // The kernel may have looked the name up before everything changed, so this node is named once more.
    if (this.#everything) return fileChanged(this.#options, node);
    return this.#untold.get(node);
  }

  #tellEverything(): Promise<unknown> {
    this.#positions = this.#newest();
    this.#options.anyContentChanged();
    const done = this.#forgetEverything();
    this.#everything = done;
    done.then(() => {
      if (this.#everything === done) this.#everything = undefined;
    });
    return this.#tellAlso(done);
  }

  /** The result is dropped, since each promise would hold those of all before it. */
  #tellAlso(done: Promise<unknown>): Promise<unknown> {
    return this.#told = Promise.all([this.#told, done]).then(() => {});
  }

  /**
   * After a new epoch the kernel looks every name up again, which brings size and times. It keeps listings beyond the
   * epoch, for every directory that is in use, so directories are named one by one. A kernel without epochs is told
   * each name whose meaning changed, and each node.
   */
  async #forgetEverything(): Promise<void> {
    const { kernel } = this.#options;
    const walk = ++this.#walks;
    const isNewEpoch = await kernel.allEntriesChanged();
    let batch: Promise<void>[] = [];
    let looks = 0;
    for (const told of this.#changed(isNewEpoch)) {
      if (told !== undefined) batch.push(told);
      if (++looks < WALK_BATCH) continue;
      looks = 0;
      await Promise.all(batch);
      batch = [];
      // Everything changed once more: the later walk also covers what this one has left.
      if (this.#walks !== walk) return await this.#everything;
    }
    await Promise.all(batch);
  }

  /** Goes through what the kernel knows, and tells it of everything that may have changed. */
  *#changed(isNewEpoch: boolean): Iterable<Promise<void> | undefined> {
    const { kernel, router } = this.#options;
    if (!isNewEpoch) {
      for (const { parent, name, node } of kernel.names()) {
        const found = router.lookup(parent, name);
        // A name whose look-up takes time is asked for again by the kernel, which also learns then that it fails.
        if (found instanceof Promise) found.catch(() => {});
        const isAsItWas = !(found instanceof Promise) && found?.node.id === node;
        yield isAsItWas ? undefined : kernel.entryChanged(parent, name);
      }
    }
    for (const node of kernel.known()) {
      const isFile = !kernel.isDirectory(node);
      if (isNewEpoch && isFile) continue;
      yield isFile ? fileChanged(this.#options, node) : kernel.nodeChanged(node, true);
    }
  }
}

/**
 * Size and times may have changed, and so may the bytes, unless they are being read in the present version. Such a
 * reader may wait for an origin with pages locked, and dropping these would wait for it; reads of any other version
 * have failed already.
 */
function fileChanged({ kernel, isOpenAsItIs }: ChangeFeedOptions, node: NodeId): Promise<void> {
  return kernel.nodeChanged(node, !isOpenAsItIs(node));
}

/** What the kernel must be told about a batch of changes, each thing once. */
class NotificationBatch {
  readonly #options: ChangeFeedOptions;
  readonly #kernel: KernelCache;
  /** Names that appeared or disappeared, by directory and name. */
  readonly #entries = new Map<string, TreeChange>();
  readonly #listings = new Set<NodeId>();
  readonly #contents = new Set<NodeId>();
  readonly #attributes = new Set<NodeId>();
  /** Directories that contain a node which has changed itself. */
  readonly #holders = new Set<NodeId>();

  constructor(options: ChangeFeedOptions) {
    this.#options = options;
    this.#kernel = options.kernel;
  }

  get size(): number {
    return this.#entries.size + this.#listings.size + this.#contents.size +
      this.#attributes.size + this.#holders.size;
  }

  add(change: TreeChange): void {
    // The batch is far beyond what is sent one by one, so further changes make no difference.
    if (this.size > NOTIFICATIONS_MAX) return;
    if (change.kind === "added" || change.kind === "removed") {
      if (!this.#kernel.knows(change.parent)) return;
      this.#entries.set(`${change.parent}/${change.name}`, change);
      this.#listings.add(change.parent);
      return;
    }
    if (!this.#kernel.knows(change.node)) return;
    if (change.node !== ROOT_ID) this.#holders.add(change.parent);
    if (change.kind === "attributes") this.#attributes.add(change.node);
    else (change.directory ? this.#listings : this.#contents).add(change.node);
  }

  /**
   * An answer to a look-up may still be on its way into the kernel, which does not know the node until then and would
   * keep the old size and times. So a change is told once the look-ups of its directory have arrived.
   *
   * Names come first: a notification about a name waits until no look-up or listing of its directory is under way, so
   * a listing that is dropped afterwards can't be filled again with old entries.
   */
  send(): { contents: Map<NodeId, Promise<void>>; all: Promise<unknown> } {
    const kernel = this.#kernel;
    const contents = new Map<NodeId, Promise<void>>();
    const others: Promise<void>[] = [];
    for (const node of this.#holders) others.push(kernel.lookupsTaken(node));
    for (const node of this.#contents) contents.set(node, fileChanged(this.#options, node));
    for (const { kind, parent, name, node, directory } of this.#entries.values()) {
      const gone = kind === "removed" && !directory && kernel.knows(node) &&
        this.#options.router.node(node) === undefined;
      others.push(
        gone ? kernel.entryRemoved(parent, name, node) : kernel.entryChanged(parent, name),
      );
    }
    for (const node of this.#listings) others.push(kernel.nodeChanged(node, true));
    for (const node of this.#attributes) {
      if (!this.#listings.has(node) && !contents.has(node)) {
        others.push(kernel.nodeChanged(node, false));
      }
    }
    return { contents, all: Promise.all([...contents.values(), ...others]) };
  }
}
