import { directoryHash } from "../../../projections/tree/directory_hash.ts";
import type {
  DirectoryReader,
  Entry,
  FileLocation,
  Node,
  TreeChange,
} from "../../../projections/tree/tree_types.ts";
import {
  type Cookie,
  FileSystemError,
  LISTING_START,
  type NodeId,
  nodeOfSearchError,
  ROOT_ID,
  SEARCH_FRESH_MS,
  SEARCH_ID,
  searchOfError,
  toCookie,
  toNodeVersion,
} from "../../base/mod.ts";
import { Recipe } from "../../segments/mod.ts";
import type { Branch } from "../core/router.ts";
import type { Answer } from "../filesystem.ts";
import type { NodeRecipe } from "../read/recipe_files.ts";
import { answerInTime } from "./_answer_in_time.ts";
import { KeptListings, type SearchTime, SYSTEM_TIME } from "./_kept_listings.ts";
import { PendingChanges } from "./_pending_changes.ts";
import { SearchDirectories, type SearchDirectory } from "./_search_directories.ts";
import { isStart, SearchListing } from "./_search_listing.ts";
import type { Provider } from "./provider.ts";

/** What is found, best first: nodes of the tree, and as many names. Or what is wrong with the query, for people. */
export type SearchAnswer =
  | { readonly nodes: readonly NodeId[]; readonly names: readonly string[] }
  | { readonly problem: string };

export interface SearchOptions {
  /** Has the nodes that are found. */
  readonly tree: () => Pick<DirectoryReader, "node">;
  /** Has a query answered elsewhere: at most SEARCH_SHOWN_MAX results. */
  readonly ask: (query: string, signal: AbortSignal) => Promise<SearchAnswer>;
  /** Called when there are changes of which the kernel must be told. */
  readonly onChanged: () => void;
  /** Called with directories that are not kept any more: the kernel need not know them either. */
  readonly onGivenUp: (directories: readonly NodeId[]) => void;
  /** Of the system when absent. */
  readonly time?: SearchTime;
}

/** The file in the directory of a query that can't be read. */
const ERROR_NAME = "ERROR.txt";
const BRANCH_NAME = ".search";
/** For how long it may be kept what a name means, in seconds. */
const NAME_TTL = SEARCH_FRESH_MS / 1_000;

/**
 * What is looked for, as directories: `/.search/QUERY/` has what the query finds. To name such a directory asks nobody.
 * Who lists it, or looks for a name in it that it did not list before, waits for an answer from elsewhere. A name that
 * was listed leads to its file for as long as the listing is kept.
 *
 * Results hold for SEARCH_FRESH_MS. A listing that begins later is asked for anew: the kernel is told to give up what
 * it kept of the one before. But no notification ever gives a name in the directory of a query, since it would wait
 * until everybody there has an answer: those names have a short life instead, missing ones too.
 */
export class SearchProvider implements Provider {
  readonly #options: SearchOptions;
  readonly #time: SearchTime;
  readonly #directories: SearchDirectories;
  readonly #kept: KeptListings;
  readonly #changes: PendingChanges;

  constructor(options: SearchOptions) {
    this.#options = options;
    this.#time = options.time ?? SYSTEM_TIME;
    this.#changes = new PendingChanges(options.onChanged);
    this.#directories = new SearchDirectories(options.onGivenUp);
    this.#kept = new KeptListings(
      this.#time,
      ({ id, query }) => this.#listingChanged(SEARCH_ID, query, id),
    );
  }

  node(id: NodeId): Node | undefined {
    if (id === SEARCH_ID) return this.#directoryNode(id, ROOT_ID);
    if (this.#directories.get(id) !== undefined) return this.#directoryNode(id, SEARCH_ID);
    const directory = this.#directories.get(searchOfError(id));
    if (directory?.error === undefined) return undefined;
    const { recipe: { size }, version } = directory.error;
    const { mtime_s, mtime_ns } = this.#root();
    return { id, kind: "file", parent: directory.id, size, mtime_s, mtime_ns, version };
  }

  lookup(directory: NodeId, name: string): Answer<Entry | undefined> {
    // No query and no result begins with a dot: programs that look for `.Trash` or `.hidden` have nothing searched.
    if (name.startsWith(".")) return undefined;
    if (directory === SEARCH_ID) return this.#entryOf(this.#directories.named(name));
    const query = this.#used(directory);
    const found = this.#entryIn(query.listing, name);
    if (found !== undefined || this.#isFresh(query)) return found;
    return this.#asked(query).then((listing) => this.#entryIn(listing, name));
  }

  entries(directory: NodeId, after: Cookie, limit: number): Answer<readonly Entry[]> {
    if (directory === SEARCH_ID) return this.#recent(after, limit);
    const query = this.#used(directory);
    if (isStart(after)) {
      if (this.#isFresh(query)) return this.#begun(query, query.listing!, limit);
      return this.#asked(query).then((listing) => this.#begun(query, listing, limit));
    }
    for (const listing of [query.listing, query.before]) {
      const entries = listing && this.#listed(query, listing, after, limit);
      if (entries !== undefined) return entries;
    }
    // The results that were listed so far are not kept any more, but may still be the same.
    return this.#asked(query).then((listing) => {
      const entries = this.#listed(query, listing, after, limit);
      if (entries !== undefined) return entries;
      throw new FileSystemError("ESTALE", "other results were found meanwhile");
    });
  }

  missingTtl(directory: NodeId): number {
    return directory === SEARCH_ID ? Infinity : NAME_TTL;
  }

  /** Files that are found are those of the tree, which knows where they lie. */
  location(): FileLocation | undefined {
    return undefined;
  }

  recipe(id: NodeId): NodeRecipe | undefined {
    return this.#directories.get(searchOfError(id))?.error;
  }

  forgotten(id: NodeId): void {
    const directory = this.#directories.get(id);
    if (directory === undefined) return;
    this.#kept.drop(directory);
    this.#directories.forgotten(directory);
  }

  lastChange(): number {
    return this.#changes.lastChange();
  }

  changesSince(change: number, limit: number): TreeChange[] | undefined {
    return this.#changes.changesSince(change, limit);
  }

  /** The directory of a query into which somebody looks. */
  #used(id: NodeId): SearchDirectory {
    const directory = this.#directories.get(id) ?? givenUp();
    this.#kept.use(directory);
    this.#directories.use(directory);
    return directory;
  }

  #isFresh({ listing, askedAt }: SearchDirectory): boolean {
    return listing !== undefined && this.#time.now() < askedAt + SEARCH_FRESH_MS;
  }

  /** The first entries of a listing. */
  #begun(query: SearchDirectory, listing: SearchListing, limit: number): readonly Entry[] {
    if (query.error === undefined && this.#directories.listed(query)) {
      this.#listingChanged(ROOT_ID, BRANCH_NAME, SEARCH_ID);
    }
    return this.#listed(query, listing, LISTING_START, limit)!;
  }

  /** Entries behind a cookie; undefined when the cookie is one of another listing. */
  #listed(
    query: SearchDirectory,
    listing: SearchListing,
    after: Cookie,
    limit: number,
  ): readonly Entry[] | undefined {
    const names = listing.after(after);
    if (names === undefined) return undefined;
    this.#kept.listed(query);
    const entries: Entry[] = [];
    for (const { cookie, name, node: id } of names) {
      const node = this.#found(id);
      // The tree may have lost it since the search.
      if (node !== undefined) entries.push({ cookie, name, node, ttl: NAME_TTL });
      if (entries.length === limit) break;
    }
    return entries;
  }

  #entryIn(listing: SearchListing | undefined, name: string): Entry | undefined {
    const found = listing?.find(name);
    const node = found && this.#found(found.node);
    return node && { cookie: found!.cookie, name, node, ttl: NAME_TTL };
  }

  #found(id: NodeId): Node | undefined {
    return this.#options.tree().node(id) ?? this.node(id);
  }

  /** Newer results, for which all who want them wait together. Rejects with FileSystemError. */
  #asked(query: SearchDirectory): Promise<SearchListing> {
    return query.asking ??= this.#ask(query).finally(() => query.asking = undefined);
  }

  async #ask(query: SearchDirectory): Promise<SearchListing> {
    const askedAt = this.#time.now();
    const answer = await answerInTime(
      this.#time,
      `Cannot search for ${JSON.stringify(query.query)}`,
      (signal) => this.#options.ask(query.query, signal),
    );
    if (this.#directories.get(query.id) !== query) givenUp();
    const error = "problem" in answer ? errorFile(answer.problem) : undefined;
    const listing = "problem" in answer
      ? new SearchListing([nodeOfSearchError(query.id)], [ERROR_NAME])
      : new SearchListing(answer.nodes, answer.names);
    if (!query.listing?.equals(listing)) {
      query.before = query.listing;
      query.listing = listing;
    }
    query.error = error;
    query.askedAt = askedAt;
    this.#kept.keep(query);
    return listing;
  }

  #listingChanged(parent: NodeId, name: string, node: NodeId): void {
    this.#changes.add({ kind: "content", parent, name, node, directory: true });
  }

  #recent(after: Cookie, limit: number): Entry[] {
    return [...this.#directories.recent].map((directory) => this.#entryOf(directory))
      .filter(({ cookie }) => cookie > after)
      .sort((a, b) => a.cookie - b.cookie)
      .slice(0, limit);
  }

  #entryOf({ id, query }: SearchDirectory): Entry {
    const node = this.#directoryNode(id, SEARCH_ID);
    return { cookie: toCookie(id), name: query, node, ttl: NAME_TTL };
  }

  /** A directory has the time of the newest thing that a query could find. */
  #directoryNode(id: NodeId, parent: NodeId): Node {
    const { mtime_s, mtime_ns, version } = this.#root();
    return { id, kind: "directory", parent, size: 0, mtime_s, mtime_ns, version };
  }

  #root(): Node {
    return this.#options.tree().node(ROOT_ID)!;
  }
}

function errorFile(text: string): NodeRecipe {
  const recipe = new Recipe<FileLocation>([
    { kind: "bytes", bytes: new TextEncoder().encode(text) },
  ]);
  return { version: toNodeVersion(directoryHash(text)), recipe };
}

function givenUp(): never {
  throw new FileSystemError("ESTALE", "of so many queries the older ones are forgotten");
}

/** The branch of the root in which searches stand. */
export function searchBranch(options: SearchOptions): Branch {
  return { name: BRANCH_NAME, root: SEARCH_ID, provider: new SearchProvider(options) };
}
