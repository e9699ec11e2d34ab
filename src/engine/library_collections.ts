import type { MusicEvent } from "../../events/mod.ts";
import {
  type Collection,
  type CollectionContent,
  collectionName,
  type CollectionQueries,
  CollectionReader,
  type LibraryQueries,
  playlistText,
} from "../../projections/mod.ts";
import {
  COLLECTION_PLAYLIST_BYTES_MAX,
  COLLECTION_SHOWN_MAX,
  COLLECTIONS_KEPT,
  type NodeId,
  plural,
  UserError,
} from "../base/mod.ts";
import type { Settings } from "../config/settings.ts";
import type { CollectionNames, CollectionSummary, ShownCollection } from "../control/protocol.ts";
import { removing, renaming, saving, type Wanted } from "./collection_events.ts";
import type { LibrarySearch } from "./library_search.ts";

/** Tracks that `show` has when nobody says how many. */
const LIMIT = 100;
/** Contents that are kept for those who ask for the next names: more than a mount lists at a time. */
const KEPT = 2 * COLLECTIONS_KEPT;

export interface LibraryCollectionsParts {
  readonly settings: Settings;
  readonly search: LibrarySearch;
  /** The queries of the process that writes: what was just saved is there. */
  readonly queries: () => LibraryQueries;
  readonly append: (events: readonly MusicEvent[]) => Promise<void>;
}

/** Answers about collections, and saves them. Every method throws UserError, for a name that nothing has as well. */
export class LibraryCollections {
  readonly #parts: LibraryCollectionsParts;
  /** The last contents of which names were asked for, by their numbers. */
  readonly #listings = new Map<number, CollectionContent>();
  /** The number of the newest. Another engine begins with another one, so that nobody goes on in a content of its. */
  #listing = Math.floor(Math.random() * 2 ** 40);

  constructor(parts: LibraryCollectionsParts) {
    this.#parts = parts;
  }

  list(): CollectionSummary[] {
    return this.#read((reader) => reader.all().map(summaryOf));
  }

  show(name: string, limit = LIMIT): ShownCollection {
    return this.#read((reader) => {
      const collection = reader.named(name);
      const { tracks, isMore } = reader.content(collection, limit);
      const shown = [...reader.show(tracks)].map(({ path, title, artist, album }) => (
        { path, title, artist, album }
      ));
      return { ...summaryOf(collection), tracks: shown, more: isMore };
    });
  }

  /**
   * Files of a collection as its directory shows them, from a place on, at most `limit`. `listing` is the number of an
   * earlier answer, of whose content these are the next; without it, or when it is not kept any more, the content is
   * that of now, and the answer has another number.
   */
  names({ name, from, limit, listing }: NamesWanted): CollectionNames {
    return this.#read((reader) => {
      const known = listing === undefined ? undefined : this.#listings.get(listing);
      const content = known ?? reader.content(reader.named(name), COLLECTION_SHOWN_MAX);
      const number = known === undefined ? this.#keep(content) : listing!;
      const { tracks, isMore, isTimed } = content;
      const how = { count: tracks.length, names: this.#parts.settings.names };
      const nodes: NodeId[] = [];
      const names: string[] = [];
      let place = known === undefined ? 0 : from;
      for (
        const { track, node, title, artist, format } of reader.show(
          tracks.slice(place, place + limit),
        )
      ) {
        // A track that the tree does not show keeps its place, so that the others keep their numbers.
        while (tracks[place] !== track) place++;
        names.push(collectionName({ title, artist, format }, ++place, how));
        nodes.push(node);
      }
      const start = known === undefined ? 0 : from;
      const next = Math.min(start + limit, tracks.length);
      return {
        ...{ listing: number, from: start, nodes, names, next: next < tracks.length ? next : null },
        ...{ total: tracks.length, more: isMore, timed: isTimed },
      };
    });
  }

  /** The playlist of a collection, with paths that lead from `/.collections` into the tree. */
  playlist(name: string): { text: string; timed: boolean } {
    return this.#read((reader) => {
      const collection = reader.named(name);
      const { tracks, isMore, isTimed } = reader.content(collection, COLLECTION_SHOWN_MAX);
      const shown = [...reader.show(tracks)].map((track) => ({
        ...track,
        path: `../${track.path}`,
      }));
      let count = shown.length;
      for (;;) {
        const isCut = isMore || count < shown.length;
        const remarks = isCut ? [`more tracks than these ${plural(count, "track")}`] : [];
        const text = playlistText(collection.name, shown.slice(0, count), remarks);
        if (text.length * 3 <= COLLECTION_PLAYLIST_BYTES_MAX) return { text, timed: isTimed };
        const { length } = new TextEncoder().encode(text);
        if (length <= COLLECTION_PLAYLIST_BYTES_MAX) return { text, timed: isTimed };
        count = Math.floor(count * 0.9 * COLLECTION_PLAYLIST_BYTES_MAX / length);
      }
    });
  }

  async save(name: string, wanted: Wanted): Promise<{ name: string; replaced: boolean }> {
    const known = this.#saved();
    const events = saving(known, name, wanted);
    const replaced = known.get(name.normalize("NFC")) !== undefined;
    await this.#parts.append(events);
    return { name: name.normalize("NFC"), replaced };
  }

  async rename(name: string, to: string): Promise<void> {
    await this.#parts.append(renaming(this.#saved(), name, to));
  }

  async remove(name: string): Promise<void> {
    await this.#parts.append(removing(this.#saved(), name));
  }

  #keep(content: CollectionContent): number {
    this.#listings.set(++this.#listing, content);
    this.#listings.delete(this.#listing - KEPT);
    return this.#listing;
  }

  #read<T>(work: (reader: CollectionReader) => T): T {
    this.#requireEnabled();
    return this.#parts.search.read(({ collections }) => work(collections));
  }

  #saved(): CollectionQueries {
    this.#requireEnabled();
    return this.#parts.queries().collections;
  }

  #requireEnabled(): void {
    if (!this.#parts.settings.smartCollections) throw collectionsDisabled();
  }
}

export interface NamesWanted {
  readonly name: string;
  readonly from: number;
  readonly limit: number;
  readonly listing?: number;
}

function summaryOf({ name, query, builtIn, at }: Collection): CollectionSummary {
  return { name, query, built_in: builtIn, saved_at: at };
}

function collectionsDisabled(): UserError {
  return new UserError("Cannot use collections: they are turned off", {
    hint: "features.smart_collections in the configuration turns them on",
  });
}
