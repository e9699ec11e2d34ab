import { directoryHash } from "../../../projections/tree/directory_hash.ts";
import type {
  Entry,
  FileLocation,
  Node,
  TreeChange,
  TreeReader,
} from "../../../projections/tree/tree_types.ts";
import {
  COLLECTION_FIRST_NAMES,
  COLLECTION_NUMBERS,
  COLLECTION_PAGE_NAMES,
  COLLECTION_SHOWN_MAX,
  collectionOfNode,
  type CollectionPart,
  COLLECTIONS_ID,
  type Cookie,
  FileSystemError,
  formatCount,
  type NodeId,
  nodeOfCollection,
  ROOT_ID,
  SEARCH_FRESH_MS,
  toCookie,
  toNodeVersion,
} from "../../base/mod.ts";
import type { CollectionNames } from "../../control/protocol.ts";
import { Recipe } from "../../segments/mod.ts";
import type { Branch } from "../core/router.ts";
import type { Answer } from "../filesystem.ts";
import type { NodeRecipe } from "../read/recipe_files.ts";
import { answerInTime } from "./_answer_in_time.ts";
import { CollectionListing, otherContent } from "./_collection_listing.ts";
import { type SearchTime, SYSTEM_TIME } from "./_kept_listings.ts";
import { PendingChanges } from "./_pending_changes.ts";
import { isStart } from "./_search_listing.ts";
import { type ShownCollection, ShownCollections } from "./_shown_collections.ts";
import type { Provider } from "./provider.ts";

/** What is wrong with a collection's query, for people. */
export interface CollectionProblem {
  readonly problem: string;
}

/** Names that are wanted of a collection. */
export interface NamesAsked {
  readonly name: string;
  readonly from: number;
  readonly limit: number;
  readonly listing?: number;
}

export interface CollectionsOptions {
  /** Has the names of the collections, and the nodes of their tracks. */
  readonly tree: () => Pick<TreeReader, "node" | "collections">;
  /** Has the names of a collection made elsewhere. */
  readonly names: (
    asked: NamesAsked,
    signal: AbortSignal,
  ) => Promise<CollectionNames | CollectionProblem>;
  /** Has the playlist of a collection made elsewhere. */
  readonly playlist: (
    name: string,
    signal: AbortSignal,
  ) => Promise<{ readonly text: string; readonly timed: boolean } | CollectionProblem>;
  /** Called when there are changes of which the kernel must be told. */
  readonly onChanged: () => void;
  /** Of the system when absent. */
  readonly time?: SearchTime;
}

const BRANCH_NAME = ".collections";
const PLAYLIST = ".m3u8";
/** The file in a collection whose query can't be read, and in one of which not every track is shown. */
const ERROR_NAME = "ERROR.txt";
const MORE_NAME = "MORE.txt";
const MORE_TEXT = `This collection has more than ${formatCount(COLLECTION_SHOWN_MAX)} tracks: ` +
  "the others are not shown here.\nmusicfs help query explains how to ask for fewer " +
  "(limit:100, sort:-added).\n";
/** For how long it may be kept what a name means, in seconds. */
const NAME_TTL = SEARCH_FRESH_MS / 1_000;

/**
 * The collections as directories and playlists: `/.collections/NAME/` and `/.collections/NAME.m3u8`. The library has
 * their names. What a collection has is asked for elsewhere, when somebody looks, and holds until the library changes;
 * for a collection that the time changes it holds a few seconds.
 *
 * No notification ever gives a name here, since it would wait until everybody in the directory has an answer: names
 * have a short life instead, missing ones too. The kernel is told to give up a listing that does not hold any more.
 */
export class CollectionsProvider implements Provider {
  readonly #options: CollectionsOptions;
  readonly #time: SearchTime;
  readonly #shown: ShownCollections;
  readonly #changes: PendingChanges;
  /** The collections by the hashes of their names, and the hashes by the names; known once somebody looked. */
  #names: { byHash: Map<number, string>; hashes: Map<string, number> } | undefined;

  constructor(options: CollectionsOptions) {
    this.#options = options;
    this.#changes = new PendingChanges(options.onChanged);
    this.#time = options.time ?? SYSTEM_TIME;
    this.#shown = new ShownCollections(
      this.#time,
      ({ directory, name }) => this.#changed("directory", name, directory),
    );
  }

  node(id: NodeId): Node | undefined {
    if (id === COLLECTIONS_ID) return this.#directoryNode(id, ROOT_ID);
    const it = collectionOfNode(id);
    if (it === undefined || !this.#known().byHash.has(it.hash)) return undefined;
    if (it.part === "directory") return this.#directoryNode(id, COLLECTIONS_ID);
    const parent = it.part === "note" ? nodeOfCollection(it.hash, "directory") : COLLECTIONS_ID;
    const file = this.recipe(id);
    return file && this.#fileNode(id, parent, file);
  }

  lookup(directory: NodeId, name: string): Answer<Entry | undefined> {
    // No collection and no track in one begins with a dot.
    if (name.startsWith(".")) return undefined;
    if (directory === COLLECTIONS_ID) return this.#named(name);
    const shown = this.#used(directory);
    if (this.#shown.isFresh(shown.listed) && shown.listing?.isWhole) {
      return this.#entryIn(shown.listing, name);
    }
    return this.#current(shown).then((listing) => listing.whole())
      .then((listing) => this.#entryIn(listing, name));
  }

  entries(directory: NodeId, after: Cookie, limit: number): Answer<readonly Entry[]> {
    if (directory === COLLECTIONS_ID) return this.#all(after, limit);
    const shown = this.#used(directory);
    if (isStart(after)) {
      if (this.#shown.isFresh(shown.listed) && shown.listing !== undefined) {
        return this.#listed(shown, shown.listing, 0, limit);
      }
      return this.#current(shown).then((listing) => this.#listed(shown, listing, 0, limit));
    }
    for (const listing of [shown.listing, shown.before]) {
      const place = listing?.placeAfter(after);
      if (place !== undefined) return this.#listed(shown, listing!, place, limit);
    }
    throw otherContent();
  }

  missingTtl(): number {
    return NAME_TTL;
  }

  /** Tracks are those of the tree, which knows where they lie. */
  location(): FileLocation | undefined {
    return undefined;
  }

  recipe(id: NodeId): NodeRecipe | undefined {
    const it = collectionOfNode(id);
    const shown = it && this.#shown.get(it.hash);
    if (it?.part === "note") return shown?.note;
    return it?.part === "playlist" ? shown?.playlist : undefined;
  }

  libraryChanged(): void {
    this.#shown.libraryChanged();
    const before = this.#names;
    if (before === undefined) return;
    this.#names = undefined;
    let now: ReadonlyMap<number, string>;
    try {
      now = this.#known().byHash;
    } catch {
      return; // Whoever looks next meets the error.
    }
    const isSame = now.size === before.byHash.size &&
      [...now].every(([hash, name]) => before.byHash.get(hash) === name);
    if (isSame) return;
    for (const hash of before.byHash.keys()) {
      const gone = now.has(hash) ? undefined : this.#shown.get(hash);
      if (gone !== undefined) this.#shown.drop(gone);
    }
    this.#add(ROOT_ID, BRANCH_NAME, COLLECTIONS_ID, true);
  }

  lastChange(): number {
    return this.#changes.lastChange();
  }

  changesSince(change: number, limit: number): TreeChange[] | undefined {
    return this.#changes.changesSince(change, limit);
  }

  #known() {
    if (this.#names !== undefined) return this.#names;
    const byHash = new Map<number, string>();
    const hashes = new Map<string, number>();
    for (const name of this.#options.tree().collections()) {
      let hash = directoryHash(name) % COLLECTION_NUMBERS;
      while (byHash.has(hash)) hash = (hash + 1) % COLLECTION_NUMBERS;
      byHash.set(hash, name);
      hashes.set(name, hash);
    }
    return this.#names = { byHash, hashes };
  }

  /** The directory or the playlist of a name. */
  #named(name: string): Answer<Entry | undefined> {
    const { hashes } = this.#known();
    const own = hashes.get(name);
    if (own !== undefined) return this.#directoryEntry(own, name);
    if (!name.endsWith(PLAYLIST)) return undefined;
    const collection = name.slice(0, -PLAYLIST.length);
    const hash = hashes.get(collection);
    if (hash === undefined) return undefined;
    const shown = this.#used(nodeOfCollection(hash, "directory"));
    const entry = (file: NodeRecipe): Entry => {
      const id = nodeOfCollection(hash, "playlist");
      const node = this.#fileNode(id, COLLECTIONS_ID, file);
      return { cookie: toCookie(id), name, node, ttl: NAME_TTL };
    };
    if (shown.playlist !== undefined && this.#shown.isFresh(shown.written)) {
      return entry(shown.playlist);
    }
    return this.#written(shown).then(entry);
  }

  /** Directories, then playlists: in the order of their numbers. */
  #all(after: Cookie, limit: number): Entry[] {
    const names = [...this.#known().byHash].sort(([one], [other]) => one - other);
    const entries: Entry[] = [];
    for (const part of ["directory", "playlist"] as const) {
      for (const [hash, name] of names) {
        if (nodeOfCollection(hash, part) <= (after as number)) continue;
        if (entries.length === limit) return entries;
        entries.push(
          part === "directory"
            ? this.#directoryEntry(hash, name)
            : this.#playlistEntry(hash, `${name}${PLAYLIST}`),
        );
      }
    }
    return entries;
  }

  #directoryEntry(hash: number, name: string): Entry {
    const id = nodeOfCollection(hash, "directory");
    const node = this.#directoryNode(id, COLLECTIONS_ID);
    return { cookie: toCookie(id), name, node, ttl: NAME_TTL };
  }

  /** To list a playlist is not to make it: that takes a look-up of its name. */
  #playlistEntry(hash: number, name: string): Entry {
    const id = nodeOfCollection(hash, "playlist");
    const node: Node = { ...this.#directoryNode(id, COLLECTIONS_ID), kind: "file" };
    return { cookie: toCookie(id), name, node, ttl: NAME_TTL, unsized: true };
  }

  /** The collection into which somebody looks. */
  #used(directory: NodeId): ShownCollection {
    const hash = collectionOfNode(directory)!.hash;
    const name = this.#known().byHash.get(hash);
    if (name === undefined) throw new FileSystemError("ESTALE", "there is no such collection");
    return this.#shown.use(hash, () => ({
      ...{ hash, name, directory, listing: undefined, before: undefined, listed: undefined },
      ...{ note: undefined, playlist: undefined, written: undefined, usedAt: 0 },
      ...{ isListed: false, asking: undefined, writing: undefined },
    }));
  }

  #listed(
    shown: ShownCollection,
    listing: CollectionListing,
    from: number,
    limit: number,
  ): Answer<readonly Entry[]> {
    if (!listing.isWhole && listing.length < from + limit) {
      return listing.grown().then(() => this.#listed(shown, listing, from, limit));
    }
    const entries: Entry[] = [];
    for (let place = from; place < listing.length && entries.length < limit; place++) {
      const entry = this.#entryOf(listing.at(place));
      // The tree may have lost it since.
      if (entry !== undefined) entries.push(entry);
    }
    this.#shown.listed(shown);
    return entries;
  }

  #entryIn(listing: CollectionListing, name: string): Entry | undefined {
    const found = listing.find(name);
    const entry = found && this.#entryOf(found);
    return entry && { ...entry, name };
  }

  #entryOf({ cookie, name, node: id }: { cookie: Cookie; name: string; node: NodeId }) {
    const node = this.#options.tree().node(id) ?? this.node(id);
    return node && { cookie, name, node, ttl: NAME_TTL };
  }

  /** The names as they are now; those that are kept, when nobody can say that. Rejects with FileSystemError. */
  #current(shown: ShownCollection): Promise<CollectionListing> {
    if (this.#shown.isFresh(shown.listed) && shown.listing !== undefined) {
      return Promise.resolve(shown.listing);
    }
    shown.asking ??= this.#ask(shown).finally(() => shown.asking = undefined);
    return shown.asking.catch((error) => {
      if (shown.listing?.isWhole) return shown.listing;
      throw error;
    });
  }

  async #ask(shown: ShownCollection): Promise<CollectionListing> {
    const { name } = shown;
    const asked = this.#shown.asked();
    const first = await this.#inTime(
      name,
      (signal) => this.#options.names({ name, from: 0, limit: COLLECTION_FIRST_NAMES }, signal),
    );
    const note = nodeOfCollection(shown.hash, "note");
    shown.before = shown.listing;
    if ("problem" in first) {
      shown.note = textFile(first.problem);
      shown.listed = { ...asked, isTimed: true };
      shown.listing = new CollectionListing(directoryHash(first.problem));
      shown.listing.add([note], [ERROR_NAME], true);
      return shown.listing;
    }
    shown.note = first.more ? textFile(MORE_TEXT) : undefined;
    shown.listed = { ...asked, isTimed: first.timed };
    const listing = shown.listing = new CollectionListing(first.listing);
    this.#addPage(listing, first, note);
    if (first.next !== null) {
      this.#goOn(listing, shown, first).catch((error) => {
        listing.fail(error);
        if (shown.listing === listing) shown.listed = undefined;
      });
    }
    return listing;
  }

  /** Asks for the names behind the first ones. */
  async #goOn(
    listing: CollectionListing,
    { name, hash }: ShownCollection,
    first: CollectionNames,
  ): Promise<void> {
    for (let page = first; page.next !== null;) {
      const from = page.next;
      const asked = { name, from, limit: COLLECTION_PAGE_NAMES, listing: first.listing };
      const next = await this.#inTime(name, (signal) => this.#options.names(asked, signal));
      if ("problem" in next || next.listing !== first.listing) throw otherContent();
      this.#addPage(listing, next, nodeOfCollection(hash, "note"));
      page = next;
    }
  }

  #addPage(listing: CollectionListing, page: CollectionNames, note: NodeId): void {
    const { nodes, names, next, more } = page;
    const isLast = next === null;
    listing.add(nodes, names, isLast && !more);
    if (isLast && more) listing.add([note], [MORE_NAME], true);
  }

  #written(shown: ShownCollection): Promise<NodeRecipe> {
    return shown.writing ??= this.#write(shown).finally(() => shown.writing = undefined)
      .catch((error) => {
        if (shown.playlist !== undefined) return shown.playlist;
        throw error;
      });
  }

  async #write(shown: ShownCollection): Promise<NodeRecipe> {
    const { name, hash } = shown;
    const asked = this.#shown.asked();
    const made = await this.#inTime(name, (signal) => this.#options.playlist(name, signal));
    const text = "problem" in made ? `#EXTM3U\n${made.problem.replace(/^/gm, "# ")}\n` : made.text;
    const file = textFile(text);
    const isOther = shown.playlist !== undefined && shown.playlist.version !== file.version;
    shown.written = { ...asked, isTimed: "problem" in made || made.timed };
    shown.playlist = file;
    if (isOther) {
      this.#changed("playlist", `${name}${PLAYLIST}`, nodeOfCollection(hash, "playlist"));
    }
    return file;
  }

  #inTime<T>(name: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return answerInTime(this.#time, `Cannot show the collection ${JSON.stringify(name)}`, ask);
  }

  #changed(part: CollectionPart, name: string, node: NodeId): void {
    this.#add(COLLECTIONS_ID, name, node, part === "directory");
  }

  #add(parent: NodeId, name: string, node: NodeId, directory: boolean): void {
    this.#changes.add({ kind: "content", parent, name, node, directory });
  }

  /** A directory has the time of the newest thing that a query could find. */
  #directoryNode(id: NodeId, parent: NodeId): Node {
    const { mtime_s, mtime_ns, version } = this.#options.tree().node(ROOT_ID)!;
    return { id, kind: "directory", parent, size: 0, mtime_s, mtime_ns, version };
  }

  #fileNode(id: NodeId, parent: NodeId, { recipe: { size }, version }: NodeRecipe): Node {
    return { ...this.#directoryNode(id, parent), kind: "file", size, version };
  }
}

function textFile(text: string): NodeRecipe {
  const recipe = new Recipe<FileLocation>([
    { kind: "bytes", bytes: new TextEncoder().encode(text) },
  ]);
  return { version: toNodeVersion(directoryHash(text)), recipe };
}

/** The branch of the root in which collections stand. */
export function collectionsBranch(options: CollectionsOptions): Branch {
  return {
    name: BRANCH_NAME,
    root: COLLECTIONS_ID,
    provider: new CollectionsProvider(options),
  };
}
