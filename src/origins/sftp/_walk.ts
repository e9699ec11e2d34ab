import type { Exclusions } from "../../base/mod.ts";
import { listDirectory, type Listing } from "./_listing.ts";
import type { SftpSession } from "./_session.ts";
import { mayHoldAfter } from "../walk_order.ts";

/** Directories that are listed at a time, so that many share a round trip. */
const LISTINGS_MAX = 16;
/** How many directories are listed ahead of the walk: bounds the memory of listings that nobody has taken yet. */
const AHEAD_MAX = 256;

export interface WalkedDirectory {
  /** The path below the root; empty for the root. */
  readonly path: string;
  /** The path on the server without symbolic links. */
  readonly real: string;
  readonly parent: WalkedDirectory | undefined;
}

interface Pending extends WalkedDirectory {
  listing: Promise<Listing> | undefined;
}

export interface WalkOptions {
  readonly start: WalkedDirectory;
  /** The server's path for a path below the root. */
  readonly absolute: (path: string) => string;
  readonly wanted: (name: string) => boolean;
  readonly recursive: boolean;
  readonly after: string | undefined;
  readonly exclusions: Exclusions | undefined;
}

/**
 * Walks the directories below a start in the order of `compareWalkOrder`, and lists those that come next meanwhile.
 * It runs ahead in depth too: a directory's subdirectories are listed before its turn has come.
 */
export class SftpWalk {
  readonly #session: SftpSession;
  readonly #options: WalkOptions;
  /** The next directory is the last element. */
  readonly #pending: Pending[];
  #running = 0;
  #isStopped = false;

  constructor(session: SftpSession, options: WalkOptions) {
    this.#session = session;
    this.#options = options;
    this.#pending = [{ ...options.start, listing: undefined }];
    this.#fill();
  }

  /** The next directory with its listing, which rejects as the listing failed. The walk can be continued after that. */
  next(): { directory: WalkedDirectory; listing: Promise<Listing> } | undefined {
    const directory = this.#pending.at(-1);
    if (directory === undefined) return undefined;
    const listing = directory.listing ?? this.#list(directory);
    return { directory, listing: listing.finally(() => this.#take(directory)) };
  }

  /** Lists nothing more. */
  stop(): void {
    this.#isStopped = true;
  }

  #take(directory: Pending): void {
    const at = this.#pending.lastIndexOf(directory);
    if (at >= 0) this.#pending.splice(at, 1);
    this.#fill();
  }

  #fill(): void {
    const last = Math.max(0, this.#pending.length - AHEAD_MAX);
    for (let at = this.#pending.length - 1; at >= last; at--) {
      if (this.#isStopped || this.#running >= LISTINGS_MAX) return;
      const directory = this.#pending[at]!;
      if (directory.listing === undefined) this.#list(directory);
    }
  }

  #list(directory: Pending): Promise<Listing> {
    const { absolute, wanted } = this.#options;
    this.#running++;
    directory.listing = listDirectory(
      this.#session,
      absolute(directory.path),
      directory.real,
      { wanted, isOver: () => this.#isStopped },
    ).then((listing) => {
      this.#expand(directory, listing);
      return listing;
    }).finally(() => {
      this.#running--;
      this.#fill();
    });
    directory.listing.catch(() => {});
    return directory.listing;
  }

  /** Puts the subdirectories right after their directory. */
  #expand(directory: Pending, { directories }: Listing): void {
    if (!this.#options.recursive) return;
    const below: Pending[] = [];
    for (const { name, real, isLink } of directories) {
      const path = directory.path === "" ? name : `${directory.path}/${name}`;
      if (isLink && isInside(directory, real)) continue;
      if (!mayHoldAfter(path, this.#options.after)) continue;
      if (this.#options.exclusions?.has(path)) continue;
      below.push({ path, real, parent: directory, listing: undefined });
    }
    this.#pending.splice(this.#pending.lastIndexOf(directory), 0, ...below.reverse());
  }
}

function isInside(directory: WalkedDirectory, real: string): boolean {
  for (let at: WalkedDirectory | undefined = directory; at !== undefined; at = at.parent) {
    if (at.real === real) return true;
  }
  return false;
}
