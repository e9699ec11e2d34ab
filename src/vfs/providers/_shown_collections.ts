import {
  COLLECTION_TIMED_MS,
  COLLECTIONS_KEPT,
  type NodeId,
  SEARCH_FRESH_MS,
  SEARCH_KEPT_MS,
} from "../../base/mod.ts";
import type { NodeRecipe } from "../read/recipe_files.ts";
import type { SearchTime } from "./_kept_listings.ts";
import type { CollectionListing } from "./_collection_listing.ts";

/** When something of a collection was asked for, and how long it holds. */
export interface Asked {
  /** ms. */
  readonly at: number;
  /** How often the library had changed by then. */
  readonly change: number;
  /** It becomes another by the time alone. */
  readonly isTimed: boolean;
}

/** What is known of a collection into which somebody looked. Its fields are the provider's to set. */
export interface ShownCollection {
  readonly hash: number;
  readonly name: string;
  readonly directory: NodeId;
  /** The newest names, while they are kept, and those before, for whoever is still reading them. */
  listing: CollectionListing | undefined;
  before: CollectionListing | undefined;
  /** What the listing holds by; also for as long as the kernel keeps what it was listed. */
  listed: Asked | undefined;
  /** The file in the directory that says what is amiss; undefined when nothing is. */
  note: NodeRecipe | undefined;
  playlist: NodeRecipe | undefined;
  written: Asked | undefined;
  usedAt: number;
  /** The kernel may have kept what it was listed. */
  isListed: boolean;
  asking: Promise<CollectionListing> | undefined;
  writing: Promise<NodeRecipe> | undefined;
}

/** The collections that somebody looks at: a bounded number of them, each for as long as somebody does. */
export class ShownCollections {
  readonly #time: SearchTime;
  readonly #onOutdated: (collection: ShownCollection) => void;
  /** The one that was used last stands at the end. */
  readonly #shown = new Map<number, ShownCollection>();
  /** How often the library has changed. */
  #changes = 0;
  #stopTimer: (() => void) | undefined;

  /** `onOutdated` is called when the kernel must not keep what it was listed of a collection any longer. */
  constructor(time: SearchTime, onOutdated: (collection: ShownCollection) => void) {
    this.#time = time;
    this.#onOutdated = onOutdated;
  }

  get(hash: number): ShownCollection | undefined {
    return this.#shown.get(hash);
  }

  /** To be called when somebody looks into a collection. `make` makes it when it is not known. */
  use(hash: number, make: () => ShownCollection): ShownCollection {
    const shown = this.#shown.get(hash) ?? make();
    this.#shown.delete(hash);
    this.#shown.set(hash, shown);
    shown.usedAt = this.#time.now();
    for (const oldest of this.#shown.values()) {
      if (this.#shown.size <= COLLECTIONS_KEPT) break;
      this.drop(oldest);
    }
    this.#watch();
    return shown;
  }

  drop(shown: ShownCollection): void {
    this.#unlist(shown);
    this.#shown.delete(shown.hash);
  }

  /** What is asked for now. */
  asked(): Omit<Asked, "isTimed"> {
    return { at: this.#time.now(), change: this.#changes };
  }

  /** To be called when entries of a collection were handed out. */
  listed(shown: ShownCollection): void {
    if (shown.isListed) return;
    shown.isListed = true;
    this.#watch();
  }

  libraryChanged(): void {
    this.#changes++;
    if (this.#shown.size > 0) this.#watch();
  }

  isFresh(asked: Asked | undefined): boolean {
    return asked !== undefined && this.#time.now() < this.#heldUntil(asked);
  }

  /** A library that changes all the time, as in a scan, is asked once a second. */
  #heldUntil({ at, change, isTimed }: Asked): number {
    if (change !== this.#changes) return at + SEARCH_FRESH_MS;
    return isTimed ? at + COLLECTION_TIMED_MS : Infinity;
  }

  #unlist(shown: ShownCollection): void {
    if (!shown.isListed) return;
    shown.isListed = false;
    this.#onOutdated(shown);
  }

  /** Sets the timer to when the next listing is too old, or the next collection is not looked at any more. */
  #watch(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    const due = Math.min(...[...this.#shown.values()].map((each) => this.#dueAt(each)));
    if (due === Infinity) return;
    this.#stopTimer = this.#time.after(Math.max(0, due - this.#time.now()), () => {
      const now = this.#time.now();
      for (const shown of [...this.#shown.values()]) {
        if (now >= shown.usedAt + SEARCH_KEPT_MS) this.drop(shown);
        else if (!this.isFresh(shown.listed)) this.#unlist(shown);
      }
      this.#watch();
    });
  }

  #dueAt({ isListed, listed, usedAt }: ShownCollection): number {
    const outdated = isListed && listed !== undefined ? this.#heldUntil(listed) : Infinity;
    return Math.min(outdated, usedAt + SEARCH_KEPT_MS);
  }
}
