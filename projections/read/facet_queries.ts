import type { DatabaseSync } from "node:sqlite";
import { type FileId, foldCase, type TrackId } from "../../src/base/mod.ts";
import type { Field } from "../../src/query/mod.ts";
import type { FileDetails } from "../../events/facts/files.ts";
import type { FileState } from "../catalog/file_state.ts";
import { FileStore } from "../catalog/file_store.ts";
import { PreparedQueries } from "../core/prepared_queries.ts";
import { TrackDocument } from "../catalog/track_document.ts";
import { fieldValues, isListable, needsDetails } from "./_field_values.ts";

/** A value of a field, and what has it. */
export interface FacetValue {
  /** As most of the tracks spell it. */
  readonly value: string;
  /** Of an album: who it is by, the artist where no album artist is known. Absent for other fields. */
  readonly by?: string;
  readonly tracks: number;
  readonly albums: number;
}

export interface Facet {
  /** Each value once, in no order. */
  readonly values: readonly FacetValue[];
  /** How many tracks have no value. */
  readonly without: number;
}

export interface FacetOptions {
  /** Only these tracks count; all do when it is absent. */
  readonly tracks?: Iterable<TrackId>;
  /** Whether values that differ by case alone are one. */
  readonly foldCase: boolean;
}

/** Counts tracks by the values of a field. Changes nothing. */
export class FacetQueries {
  readonly #ask: PreparedQueries;
  readonly #files: FileStore;

  constructor(db: DatabaseSync) {
    this.#ask = new PreparedQueries(db);
    this.#files = new FileStore(db);
  }

  /** Whether tracks can be counted by a field; not by one that hardly any two of them share, such as a duration. */
  isFacet(field: Field): boolean {
    return isListable(field);
  }

  /** A track with several values counts under each of them, as its primary copy has them. */
  facet(field: Field, { tracks, foldCase: isFolded }: FacetOptions): Facet {
    const key = isFolded ? foldCase : (text: string) => text;
    const withDetails = needsDetails(field);
    const counts = new Map<string, Counted>();
    let without = 0;
    for (const state of tracks === undefined ? this.#files.primaries() : this.#primaries(tracks)) {
      const details = withDetails ? this.#details(state.file) : {};
      const values = fieldValues(field, new TrackDocument(state, details));
      if (values.length === 0) without++;
      const { album, albumartist, artist } = state.names;
      const by = albumartist || artist;
      const albumKey = album === "" ? "" : `${key(by)}\u001f${key(album)}`;
      const isAlbum = field.name === "album";
      const spellings = new Map<string, string>();
      for (const value of values) {
        const at = isAlbum ? albumKey : key(value);
        if (!spellings.has(at)) spellings.set(at, value);
      }
      for (const [at, value] of spellings) {
        let counted = counts.get(at);
        if (counted === undefined) counts.set(at, counted = new Counted(isAlbum ? by : undefined));
        counted.add(value, albumKey);
      }
    }
    return { values: [...counts.values()].map((it) => it.value()), without };
  }

  *#primaries(tracks: Iterable<TrackId>): IterableIterator<FileState> {
    for (const track of tracks) {
      const state = this.#files.primary(track);
      if (state !== undefined) yield state;
    }
  }

  #details(file: FileId): FileDetails {
    const row = this.#ask.get("SELECT details FROM file_details WHERE file = ?", file);
    return row === undefined ? {} : JSON.parse(row[0] as string) as FileDetails;
  }
}

/** The tracks that have a value. */
class Counted {
  readonly #by: string | undefined;
  /** How many tracks spell it how. */
  readonly #spellings = new Map<string, number>();
  readonly #albums = new Set<string>();
  #tracks = 0;

  constructor(by: string | undefined) {
    this.#by = by;
  }

  add(spelling: string, album: string): void {
    this.#tracks++;
    this.#spellings.set(spelling, (this.#spellings.get(spelling) ?? 0) + 1);
    if (album !== "") this.#albums.add(album);
  }

  value(): FacetValue {
    let value = "";
    let most = 0;
    // Of spellings that are equally frequent the one that was found first wins, as in the tree.
    for (const [spelling, tracks] of this.#spellings) {
      if (tracks > most) [value, most] = [spelling, tracks];
    }
    return {
      value,
      ...(this.#by !== undefined && { by: this.#by }),
      tracks: this.#tracks,
      albums: this.#albums.size,
    };
  }
}
