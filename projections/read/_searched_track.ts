import type { DatabaseSync } from "node:sqlite";
import type { FileDetails } from "../../events/facts/files.ts";
import { type NodeId, nodeOfTrack, toNodeId, type TrackId } from "../../src/base/mod.ts";
import { type Field, fieldNamed } from "../../src/query/mod.ts";
import { type FileState, STATE_COLUMNS, stateFromRow, VISIBLE } from "../catalog/file_state.ts";
import { NAME_FIELDS, otherTexts, wordsIn } from "../catalog/search_columns.ts";
import { type Words, wordsOf } from "../catalog/search_text.ts";
import { TrackDocument } from "../catalog/track_document.ts";
import { Query } from "../core/query.ts";
import { ROOT_ID } from "../tree/tree_types.ts";

/** The fields whose values the track itself does not have. */
const MOMENTS: ReadonlySet<string> = new Set(["added", "plays", "played"]);

/** A track as a query looks at it. */
export class SearchedTrack {
  readonly track: TrackId;
  readonly document: TrackDocument;
  readonly #tracks: SearchedTracks;
  readonly #words = new Map<string, readonly Words[]>();

  constructor(track: TrackId, document: TrackDocument, tracks: SearchedTracks) {
    this.track = track;
    this.document = document;
    this.#tracks = tracks;
  }

  /** The words of each value of a field. */
  words(field: Field): readonly Words[] {
    return this.#remembered(field.name, () => {
      const texts = field.kind === "text"
        ? this.document.texts(field)
        : this.numbers(field).map(String);
      return texts.map((text) => wordsIn(field.name, text));
    });
  }

  /** The words of the texts that have no column of their own, and count for words in any field. */
  otherWords(): readonly Words[] {
    return this.#remembered("\0", () => otherTexts(this.document).map(wordsOf));
  }

  /** Fields with a column of their own, with their words. */
  *nameWords(): IterableIterator<readonly [name: typeof NAME_FIELDS[number], words: Words]> {
    for (const name of NAME_FIELDS) {
      for (const words of this.words(fieldNamed(name))) yield [name, words];
    }
  }

  /** The numbers of a field, moments and plays included. */
  numbers(field: Field): readonly number[] {
    switch (field.name) {
      case "added":
        return this.#tracks.added(this.track);
      case "plays":
        return [this.#tracks.plays(this.track)?.count ?? 0];
      case "played": {
        const plays = this.#tracks.plays(this.track);
        return plays === undefined ? [] : [plays.last_at];
      }
      default:
        return this.document.numbers(field);
    }
  }

  /** Whether there is no value of a field, and no tag for it. */
  lacks(field: Field): boolean {
    return MOMENTS.has(field.name) ? this.numbers(field).length === 0 : this.document.lacks(field);
  }

  #remembered(key: string, make: () => readonly Words[]): readonly Words[] {
    let words = this.#words.get(key);
    if (words === undefined) this.#words.set(key, words = make());
    return words;
  }
}

/** Reads tracks with everything that a query may ask of them. */
export class SearchedTracks {
  readonly #db: DatabaseSync;
  readonly #row: Query;
  readonly #plays: Query;
  readonly #node: Query;
  /** A library that this program has not filled yet lacks the table. */
  #added: Query | undefined;
  /** Paths of directories that were just needed. */
  readonly #paths = new Map<NodeId, string | undefined>();

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#row = new Query(
      db,
      `SELECT ${STATE_COLUMNS}, e.details
        FROM files f JOIN source_directories d ON d.id = f.directory
        LEFT JOIN file_details e ON e.file = f.number
        WHERE f.number = coalesce((SELECT t.file FROM tracks t WHERE t.track = ?), ?)
          AND f.track = ? AND ${VISIBLE}`,
    );
    this.#plays = new Query(db, "SELECT count, last_at FROM plays WHERE track = ?");
    this.#node = new Query(db, "SELECT parent, name FROM nodes WHERE id = ?");
  }

  /** Undefined for a track that is not there any more. */
  get(track: TrackId): SearchedTrack | undefined {
    const row = this.#row.get(track, track, track);
    if (row === undefined) return undefined;
    const details = row.at(-1) as string | null;
    const parsed = details === null ? {} : JSON.parse(details) as FileDetails;
    return this.of(stateFromRow(row), parsed);
  }

  of(primary: FileState, details: FileDetails): SearchedTrack {
    return new SearchedTrack(primary.track, new TrackDocument(primary, details), this);
  }

  added(track: TrackId): number[] {
    this.#added ??= new Query(this.#db, "SELECT at FROM search_added WHERE track = ?");
    const row = this.#added.get(track);
    return row === undefined ? [] : [row[0] as number];
  }

  plays(track: TrackId): { count: number; last_at: number } | undefined {
    const row = this.#plays.get(track);
    return row && { count: row[0] as number, last_at: row[1] as number };
  }

  /** The path of a track in the tree, without a leading `/`; undefined when the tree does not show it. */
  path(track: TrackId): string | undefined {
    const row = this.#node.get(nodeOfTrack(track));
    if (row === undefined) return undefined;
    return this.pathIn(toNodeId(row[0] as number), row[1] as string);
  }

  /** The path of a name in a directory of the tree; undefined when the tree does not show the directory. */
  pathIn(parent: NodeId, name: string): string | undefined {
    const directory = this.#directory(parent);
    return directory === undefined ? undefined : directory + name;
  }

  /** Forgets the paths: from here on they may be others. */
  forget(): void {
    this.#paths.clear();
  }

  /** With a `/` at the end, except for the root. */
  #directory(id: NodeId): string | undefined {
    if (id === ROOT_ID) return "";
    if (this.#paths.has(id)) return this.#paths.get(id);
    const row = this.#node.get(id);
    const parent = row && this.#directory(toNodeId(row[0] as number));
    const path = parent === undefined ? undefined : `${parent}${row![1] as string}/`;
    this.#paths.set(id, path);
    return path;
  }
}
