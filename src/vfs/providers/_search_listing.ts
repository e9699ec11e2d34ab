import { directoryHash } from "../../../projections/tree/directory_hash.ts";
import { assert, type Cookie, type NodeId, SEARCH_SHOWN_MAX, toCookie } from "../../base/mod.ts";

/** Cookies of one listing: room for all results behind `.` and `..`. */
const PLACES = 2 ** 11;
const FIRST_PLACE = 3;
/** The product of both is a whole number that a double represents. */
const MARKS = 2 ** 41;

assert(SEARCH_SHOWN_MAX + FIRST_PLACE <= PLACES, "every result has a cookie of its own");

/** A name that a query found. */
export interface FoundName {
  readonly cookie: Cookie;
  readonly name: string;
  readonly node: NodeId;
}

/**
 * What a query found, best first. A cookie tells the listing from others as well as the place in it: somebody who reads
 * on after the results have changed goes on in the listing in which they began.
 */
export class SearchListing {
  readonly #nodes: readonly NodeId[];
  readonly #names: readonly string[];
  /** Of its nodes and names: two listings of the same results are the same listing. */
  readonly #mark: number;
  /** Made when a name is asked for. */
  #places: Map<string, number> | undefined;

  /** Takes two lists of equal length, at most SEARCH_SHOWN_MAX. */
  constructor(nodes: readonly NodeId[], names: readonly string[]) {
    this.#nodes = nodes;
    this.#names = names;
    this.#mark = directoryHash(`${nodes.join()}/${names.join("/")}`) % MARKS;
  }

  equals(other: SearchListing): boolean {
    return this.#mark === other.#mark && this.#nodes.length === other.#nodes.length;
  }

  /** The names behind a cookie, in order; undefined when the cookie is one of another listing. */
  after(cookie: Cookie): Iterable<FoundName> | undefined {
    if (cookie < FIRST_PLACE) return this.#from(0);
    if (Math.floor(cookie / PLACES) !== this.#mark) return undefined;
    return this.#from(cookie % PLACES - FIRST_PLACE + 1);
  }

  find(name: string): FoundName | undefined {
    this.#places ??= new Map(this.#names.map((each, place) => [each, place]));
    const place = this.#places.get(name);
    return place === undefined ? undefined : this.#at(place);
  }

  *#from(first: number): Iterable<FoundName> {
    for (let place = first; place < this.#names.length; place++) yield this.#at(place);
  }

  #at(place: number): FoundName {
    return {
      cookie: toCookie(this.#mark * PLACES + FIRST_PLACE + place),
      name: this.#names[place]!,
      node: this.#nodes[place]!,
    };
  }
}

/** Whether a listing begins behind this cookie. */
export function isStart(cookie: Cookie): boolean {
  return cookie < FIRST_PLACE;
}
