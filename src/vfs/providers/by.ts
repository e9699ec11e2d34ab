import type {
  DirectoryReader,
  Entry,
  FileLocation,
  Node,
  TreeChange,
} from "../../../projections/tree/tree_types.ts";
import {
  BY_ID,
  BY_UNTOLD_MAX,
  BY_VALUE_KEPT_MS,
  type Cookie,
  type FacetName,
  FACETS,
  FileSystemError,
  isNodeOfBy,
  type NodeId,
  ROOT_ID,
  SEARCH_FRESH_MS,
  toCookie,
  toNodeId,
} from "../../base/mod.ts";
import type { Branch } from "../core/router.ts";
import type { Answer } from "../filesystem.ts";
import { answerInTime } from "./_answer_in_time.ts";
import {
  type ByContent,
  ByDirectories,
  type ByDirectory,
  type ByValue,
} from "./_by_directories.ts";
import { type SearchTime, SYSTEM_TIME } from "./_kept_listings.ts";
import { PendingChanges } from "./_pending_changes.ts";
import type { Provider } from "./provider.ts";

/** Values of a facet that tracks have, or (null) these tracks. */
export interface AskedDirectory {
  readonly facet: FacetName | null;
  readonly wanted: readonly ByValue[];
}

export interface ByOptions {
  /** Has the nodes of the tracks. */
  readonly tree: () => Pick<DirectoryReader, "node">;
  /** Has entries with a number above `after` listed elsewhere, ascending; fewer than `limit` are the last. */
  readonly entries: (
    directory: AskedDirectory,
    after: number,
    limit: number,
    signal: AbortSignal,
  ) => Promise<readonly { readonly number: number; readonly name: string }[]>;
  /** Has a name looked for elsewhere: the number of its value or node. */
  readonly find: (
    directory: AskedDirectory,
    name: string,
    signal: AbortSignal,
  ) => Promise<number | null>;
  /** Called when there are changes of which the kernel must be told. */
  readonly onChanged: () => void;
  /** Called with directories that are not kept any more: the kernel need not know them either. */
  readonly onGivenUp: (directories: readonly NodeId[]) => void;
  /** Of the system when absent. */
  readonly time?: SearchTime;
}

const TRACKS = "tracks";
const BRANCH_NAME = ".by";
/** Cookies begin at 3, the numbers of values at 0. */
const FIRST_PLACE = 3;
/** For how long it may be kept what a name means, in seconds. */
const NAME_TTL = SEARCH_FRESH_MS / 1_000;
const VALUE_TTL = BY_VALUE_KEPT_MS / 1_000;

/**
 * Tracks by their facets: `/.by/FACET/VALUE/FACET/VALUE/.../tracks/`. To name a facet asks nobody. Who looks for a value
 * or a track, or lists them, waits for an answer from elsewhere, which comes a window of entries at a time: nothing of it
 * is kept here. A place in such a directory is the number of a value or of a track, so that a listing goes on from it
 * whatever has changed meanwhile.
 *
 * The kernel keeps what it was listed; it is told to give that up when SEARCH_FRESH_MS have passed. As in the directory of
 * a query no notification ever gives a name, so names have a short life.
 */
export class ByProvider implements Provider {
  readonly #options: ByOptions;
  readonly #time: SearchTime;
  readonly #directories: ByDirectories;
  readonly #changes: PendingChanges;
  /** Directories of which the kernel may have kept what it was listed. */
  readonly #listed = new Set<ByDirectory>();
  #isWatching = false;

  constructor(options: ByOptions) {
    this.#options = options;
    this.#time = options.time ?? SYSTEM_TIME;
    this.#changes = new PendingChanges(options.onChanged);
    this.#directories = new ByDirectories(options.onGivenUp);
  }

  node(id: NodeId): Node | undefined {
    const directory = this.#directories.get(id);
    if (directory !== undefined) return this.#nodeOf(directory);
    // The kernel looks the path up anew when it learns that the number says nothing any more.
    if (isNodeOfBy(id)) givenUp();
    return undefined;
  }

  lookup(id: NodeId, name: string): Answer<Entry | undefined> {
    // No name here begins with a dot.
    if (name.startsWith(".")) return undefined;
    const directory = this.#used(id);
    if (directory.content === "left") {
      const content = contentsLeft(directory).find((it) => it === name);
      return content && this.#leftEntry(directory, content);
    }
    return this.#inTime(
      (signal) => this.#options.find(askedOf(directory), name, signal),
    ).then((number) => number === null ? undefined : this.#entryOf(directory, number, name));
  }

  entries(id: NodeId, after: Cookie, limit: number): Answer<readonly Entry[]> {
    const directory = this.#used(id);
    if (directory.content === "left") {
      return contentsLeft(directory).map((content) => this.#leftEntry(directory, content))
        .filter(({ cookie }) => cookie > after).slice(0, limit);
    }
    return this.#listedIn(directory, after < FIRST_PLACE ? -1 : after - FIRST_PLACE, limit);
  }

  missingTtl(id: NodeId): number {
    return this.#directories.get(id)?.content === "left" ? Infinity : NAME_TTL;
  }

  /** The files are those of the tree, which knows where they lie. */
  location(): FileLocation | undefined {
    return undefined;
  }

  forgotten(id: NodeId): void {
    this.#directories.forgotten(id);
  }

  lastChange(): number {
    return this.#changes.lastChange();
  }

  changesSince(change: number, limit: number): TreeChange[] | undefined {
    return this.#changes.changesSince(change, limit);
  }

  #used(id: NodeId): ByDirectory {
    const directory = this.#directories.get(id) ?? givenUp();
    this.#directories.use(directory);
    return directory;
  }

  #leftEntry(directory: ByDirectory, content: Listed): Entry {
    const place = content === TRACKS ? FACETS.length : FACETS.indexOf(content);
    const node = this.#nodeOf(this.#directories.child(directory, content));
    return { cookie: toCookie(FIRST_PLACE + place), name: content, node, ttl: Infinity };
  }

  async #listedIn(directory: ByDirectory, first: number, limit: number): Promise<Entry[]> {
    for (let after = first;;) {
      const page = await this.#inTime(
        (signal) => this.#options.entries(askedOf(directory), after, limit, signal),
      );
      this.#wasListed(directory);
      // The tree may have lost tracks meanwhile. A listing ends with a page that is not full.
      const entries = page.flatMap(({ number, name }) =>
        this.#entryOf(directory, number, name) ?? []
      );
      if (entries.length > 0 || page.length < limit) return entries;
      after = page.at(-1)!.number;
    }
  }

  #entryOf(directory: ByDirectory, number: number, name: string): Entry | undefined {
    const cookie = toCookie(FIRST_PLACE + number);
    const { content, wanted } = directory;
    if (content === "left") return undefined;
    if (content === TRACKS) {
      const node = this.#options.tree().node(toNodeId(number));
      return node && { cookie, name, node, ttl: NAME_TTL };
    }
    const below = [...wanted, { facet: content, value: number }];
    const node = this.#nodeOf(this.#directories.child(directory, "left", below));
    return { cookie, name, node, ttl: VALUE_TTL };
  }

  #inTime<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return answerInTime(this.#time, "Cannot look for tracks", ask);
  }

  #wasListed(directory: ByDirectory): void {
    this.#listed.add(directory);
    if (this.#listed.size > BY_UNTOLD_MAX) this.#tellListed();
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#time.after(SEARCH_FRESH_MS, () => {
      this.#isWatching = false;
      this.#tellListed();
    });
  }

  #tellListed(): void {
    for (const { id, parent } of this.#listed) {
      this.#changes.add({ kind: "content", parent, name: "", node: id, directory: true });
    }
    this.#listed.clear();
  }

  /** A directory has the time of the newest thing that may be below it. */
  #nodeOf({ id, parent }: ByDirectory): Node {
    const { mtime_s, mtime_ns, version } = this.#options.tree().node(ROOT_ID)!;
    return {
      ...{ id, kind: "directory", size: 0, mtime_s, mtime_ns, version },
      parent: id === BY_ID ? ROOT_ID : parent,
    };
  }
}

function givenUp(): never {
  throw new FileSystemError("ESTALE", "of so many directories the older ones are forgotten");
}

type Listed = Exclude<ByContent, "left">;

/** The facets that are not in the path of a directory, and the tracks, except of all. */
function contentsLeft({ wanted }: ByDirectory): readonly Listed[] {
  const facets = FACETS.filter((facet) => wanted.every((it) => it.facet !== facet));
  return wanted.length === 0 ? facets : [...facets, TRACKS];
}

function askedOf({ content, wanted }: ByDirectory): AskedDirectory {
  return { facet: content === TRACKS || content === "left" ? null : content, wanted };
}

/** The branch of the root in which tracks stand by their facets. */
export function byBranch(options: ByOptions): Branch {
  return { name: BRANCH_NAME, root: BY_ID, provider: new ByProvider(options), isEndless: true };
}
