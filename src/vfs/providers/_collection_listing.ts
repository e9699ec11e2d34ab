import {
  assert,
  COLLECTION_SHOWN_MAX,
  type Cookie,
  FileSystemError,
  type NodeId,
  toCookie,
} from "../../base/mod.ts";

/** Cookies of one listing: room for all tracks and a note behind `.` and `..`. */
const PLACES = 2 ** 15;
const FIRST_PLACE = 3;
/** The product of both is a whole number that a double represents. */
const MARKS = 2 ** 38;
const NUMBER = /^[0-9]+ - /;

assert(COLLECTION_SHOWN_MAX + FIRST_PLACE < PLACES, "every track has a cookie of its own");

/** A name in a collection. */
export interface CollectedName {
  readonly cookie: Cookie;
  readonly name: string;
  readonly node: NodeId;
}

/**
 * The names of a collection in their order, which come in pages: whoever reads the first ones need not wait for the
 * last. A cookie tells the listing from others as well as the place in it, so that a reader goes on in the listing in
 * which it began.
 */
export class CollectionListing {
  readonly #mark: number;
  readonly #nodes: NodeId[] = [];
  readonly #names: string[] = [];
  #isWhole = false;
  #failure: unknown;
  #grown = Promise.withResolvers<void>();
  /** Made when a name is asked for and all are there. */
  #places: Map<string, number> | undefined;
  /** By names without their numbers; -1 when several tracks have one. */
  #unnumbered: Map<string, number> | undefined;

  /** `number` is one that other listings of the collection do not have. */
  constructor(number: number) {
    this.#mark = number % MARKS;
    this.#grown.promise.catch(() => {});
  }

  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** How many names are there by now. */
  get length(): number {
    return this.#names.length;
  }

  /** Adds as many names as nodes. */
  add(nodes: readonly NodeId[], names: readonly string[], isLast: boolean): void {
    for (let i = 0; i < nodes.length; i++) {
      this.#nodes.push(nodes[i]!);
      this.#names.push(names[i]!);
    }
    this.#isWhole = isLast;
    this.#wake().resolve();
  }

  /** No more names come: whoever waits for them gets the error. */
  fail(error: unknown): void {
    this.#failure = error;
    this.#wake().reject(error);
  }

  /** Resolves when there are more names, or when it is known that there are none. */
  grown(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return this.#isWhole ? Promise.resolve() : this.#grown.promise;
  }

  async whole(): Promise<this> {
    while (!this.#isWhole) await this.grown();
    return this;
  }

  /** The place behind a cookie; undefined when the cookie is one of another listing. */
  placeAfter(cookie: Cookie): number | undefined {
    if (cookie < FIRST_PLACE) return 0;
    if (Math.floor(cookie / PLACES) !== this.#mark) return undefined;
    return cookie % PLACES - FIRST_PLACE + 1;
  }

  at(place: number): CollectedName {
    return {
      cookie: toCookie(this.#mark * PLACES + FIRST_PLACE + place),
      name: this.#names[place]!,
      node: this.#nodes[place]!,
    };
  }

  /**
   * The track of a name, once all names are there. A name that the track had at another place leads to it too, unless
   * several tracks had such names: a player goes on with the names that it listed.
   */
  find(name: string): CollectedName | undefined {
    this.#places ??= new Map(this.#names.map((each, place) => [each, place]));
    const place = this.#places.get(name);
    if (place !== undefined) return this.at(place);
    if (!NUMBER.test(name)) return undefined;
    const former = this.#withoutNumbers().get(name.replace(NUMBER, "")) ?? -1;
    return former < 0 ? undefined : this.at(former);
  }

  #withoutNumbers(): Map<string, number> {
    if (this.#unnumbered !== undefined) return this.#unnumbered;
    const places = this.#unnumbered = new Map<string, number>();
    for (const [place, name] of this.#names.entries()) {
      const rest = name.replace(NUMBER, "");
      const other = places.get(rest);
      const isSame = other === undefined || this.#nodes[other] === this.#nodes[place];
      places.set(rest, isSame ? place : -1);
    }
    return places;
  }

  #wake(): PromiseWithResolvers<void> {
    const grown = this.#grown;
    this.#grown = Promise.withResolvers<void>();
    this.#grown.promise.catch(() => {});
    return grown;
  }
}

/** What a reader gets whose listing is not kept any more. */
export function otherContent(): FileSystemError {
  return new FileSystemError("ESTALE", "the collection has become another meanwhile");
}
