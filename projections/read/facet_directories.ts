import type { DatabaseSync } from "node:sqlite";
import type { NamesFor } from "../../events/facts/library.ts";
import { type FacetName, toNodeId, trackOfNode } from "../../src/base/mod.ts";
import { facetValue } from "../catalog/track_facets.ts";
import { facetName, FacetNames, mayBeGiven } from "./_facet_names.ts";
import { foldFor } from "../naming/found_names.ts";
import { familyOf, GivenNames, sameFamily } from "../naming/name_family.ts";
import { splitExtension } from "../naming/path_segment.ts";
import { FacetReader, type WantedValue } from "./_facet_reader.ts";

export type { WantedValue };

/** A directory of the values that tracks have of a facet, or (null) of these tracks. */
export interface FacetDirectory {
  readonly facet: FacetName | null;
  /** What the tracks have in common. */
  readonly wanted: readonly WantedValue[];
}

/** An entry of such a directory: a value, or the node of a track. */
export interface FacetEntry {
  readonly number: number;
  readonly name: string;
}

/** Tracks by their facets, as directories. It changes nothing, and throws IndexDamaged. */
export class FacetDirectories {
  readonly #reader: FacetReader;
  readonly #names: NamesFor;

  constructor(db: DatabaseSync, names: NamesFor) {
    this.#reader = new FacetReader(db);
    this.#names = names;
  }

  /** A number that is another after each change of the library. */
  get version(): number {
    return this.#reader.version;
  }

  /**
   * All entries, ascending by number, no two with one name. They come in pages, which may be empty, each some ms of work.
   */
  *entries({ facet, wanted }: FacetDirectory): IterableIterator<FacetEntry[]> {
    const names = this.#names;
    if (facet !== null) {
      const isValue = (value: number) => this.#reader.spelling(facet, value) !== undefined;
      const given = new FacetNames({ facet, names, isValue });
      for (const page of this.#reader.values(facet, wanted)) {
        yield page.map(({ value, spelling }) => ({
          number: value,
          name: given.give(value, spelling),
        }));
      }
      return;
    }
    const given = new GivenNames(foldFor(names));
    for (const page of this.#reader.tracks(wanted, names)) {
      yield page.map(({ node, wanted }) => ({ number: node, name: given.give(wanted) }));
    }
  }

  /** The value that a name says by itself, when the directory has it. Those of other names stand among the entries. */
  plainValue({ facet, wanted }: FacetDirectory, name: string): number | undefined {
    if (facet === null) return undefined;
    const value = facetValue(facet, name);
    const spelling = this.#reader.spelling(facet, value);
    const isIts = spelling !== undefined && facetName(facet, spelling, this.#names) === name;
    return isIts && this.#reader.isAny([...wanted, { facet, value }]) ? value : undefined;
  }

  /** Whether a name of a former list of the entries still is one that the entry may have. */
  isStill({ facet, wanted }: FacetDirectory, { number, name }: FacetEntry): boolean {
    if (facet !== null) return false;
    const track = trackOfNode(toNodeId(number));
    const own = this.#reader.wantedName(track, wanted, this.#names);
    const fold = foldFor(this.#names);
    return own !== undefined && sameFamily(familyOf(own, fold), familyOf(name, fold));
  }

  /** Whether it is worth the work to look for a name among the entries. */
  mayBe({ facet }: FacetDirectory, name: string): boolean {
    if (facet !== null) return mayBeGiven(facet, name);
    const [, extension] = splitExtension(name);
    const format = facetValue("format", extension.slice(1));
    return this.#reader.spelling("format", format) !== undefined;
  }
}
