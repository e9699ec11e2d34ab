import { ROOT_ID, type TreeChange } from "../../../projections/tree/tree_types.ts";
import type { NodeId } from "../../base/mod.ts";
import type { ChangeSource } from "../providers/provider.ts";
import type { KernelCache } from "./kernel_cache.ts";
import type { Router } from "./router.ts";

/** Rows of the feed that are looked at in one go. */
const BATCH_ROWS = 1_000;
/** More notifications than this at once, and the kernel is told that everything may have changed instead. */
const NOTIFICATIONS_MAX = 2_000;
/** While every known node is walked, so many notifications are queued at a time. */
const WALK_BATCH = 256;

export interface ChangeFeedOptions {
  readonly router: Router;
  readonly kernel: KernelCache;
  /** The bytes of a file may be others by now: called before the kernel is told. */
  readonly contentChanged: (node: NodeId) => void;
  /** As above, for every file that is open. */
  readonly anyContentChanged: () => void;
  /**
   * Somebody has the file open in the version that the tree has now, so the kernel's pages are of that version: whoever
   * opened it waited until others were dropped.
   */
  readonly isOpenAsItIs: (node: NodeId) => boolean;
}

/**
 * Follows the tree's changes and makes the kernel forget what is no longer so: only what it knows, each
 * thing once a batch, and everything at once when that is less work.
 */
export class ChangeFeed {
  readonly #options: ChangeFeedOptions;
  readonly #sources: readonly ChangeSource[];
  /** Each source was read up to here. */
  #positions: readonly number[];
  /** Files whose content changed, until the kernel was told. */
  readonly #untold = new Map<NodeId, Promise<void>>();
  /** The kernel is being told that everything may have changed. */
  #everything: Promise<void> | undefined;
  /** How often that was begun. */
  #walks = 0;
  /** Resolves when all that was read so far is told. */
  #told: Promise<unknown> = Promise.resolve();

  constructor(options: ChangeFeedOptions) {
    this.#options = options;
    this.#sources = options.router.sources;
    this.#positions = this.#newest();
  }

  /** Reads what is new and starts to tell the kernel; resolves once it is told. */
  read(): Promise<unknown> {
    const isNew = (source: ChangeSource, i: number) => source.lastChange() !== this.#positions[i];
    return this.#sources.some(isNew) ? this.#tellNews() : this.#told;
  }

  /** Nothing counts as read before all of it was: a tree that fails half-way is read again. */
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

  /** Adds what a source has behind a position; returns its newest, or undefined when it reaches back no more. */
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

  /** Another projection serves from now on: the same numbers, but nothing is known about the difference. */
  replaced(): Promise<unknown> {
    return this.#tellEverything();
  }

  /**
   * Resolves once the kernel knows that the file changed; undefined when it has nothing to learn. `change` is the newest
   * change of the tree: one that was read already need not be looked for. Undefined: all sources are asked.
   */
  untold(node: NodeId, change: number | undefined): Promise<unknown> | undefined {
    if (change !== this.#positions[0]) this.read();
    // The name may have been looked up before everything changed, so this node is named once more.
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

  /** What came of it is not kept: each would hold that of all before it. */
  #tellAlso(done: Promise<unknown>): Promise<unknown> {
    return this.#told = Promise.all([this.#told, done]).then(() => {});
  }

  /**
   * After a new epoch every name is looked up again, and brings size and times with it. Listings are kept beyond
   * it, by every directory that somebody stands in or plays from, so directories are named one by one. A kernel that
   * knows no epochs is told of each name that means something else by now, and of each node.
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
      // Everything changed once more: the walk that began since then names what is left, too.
      if (this.#walks !== walk) return await this.#everything;
    }
    await Promise.all(batch);
  }

  /** Looks at one thing after the other that the kernel knows, and tells of what may be another by now. */
  *#changed(isNewEpoch: boolean): Iterable<Promise<void> | undefined> {
    const { kernel, router } = this.#options;
    if (!isNewEpoch) {
      for (const { parent, name, node } of kernel.names()) {
        const found = router.lookup(parent, name);
        // What takes time to be looked up is asked for again.
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
 * Size and times may be others, and the bytes, unless somebody reads them as they are. Such a reader may wait for an
 * origin with pages locked, and to drop those would wait with him; reads of any other version have failed by now.
 */
function fileChanged({ kernel, isOpenAsItIs }: ChangeFeedOptions, node: NodeId): Promise<void> {
  return kernel.nodeChanged(node, !isOpenAsItIs(node));
}

/** What the kernel must be told about some changes, each thing once. */
class NotificationBatch {
  readonly #options: ChangeFeedOptions;
  readonly #kernel: KernelCache;
  /** Names that came or went, by directory and name. */
  readonly #entries = new Map<string, TreeChange>();
  readonly #listings = new Set<NodeId>();
  readonly #contents = new Set<NodeId>();
  readonly #attributes = new Set<NodeId>();
  /** Directories that hold a node which has changed itself. */
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
    // Far beyond what will be sent one by one: what else there is makes no difference.
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
   * A look-up that was answered may still be on its way into the kernel, which knows no such node until then and
   * would keep the old size and time: so what changed is told once its directory's look-ups have arrived.
   *
   * Names first: telling about a name waits until no look-up or listing of its directory is under way, so
   * that the listing which is dropped next cannot be filled again with what was read before.
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
