/**
 * The `search` projection: a full text index of the tracks that the tree shows (see `search_columns`), with
 *
 * - `search_words`, the vocabulary: each word that a name has now, with its sound;
 * - `search_facts`, how many tracks each step of a number has;
 * - `search_values`, how many tracks have each value of a facet, by spellings;
 * - `search_added`, when each track was first found. A track that is gone keeps it, and has it when it returns.
 *
 * The index keeps no text. To take a track out of it, the words that it had are made once more, from the state before
 * the event, so they must depend on that state alone. SQLite writes the index in one go when numbers ascend: changes
 * wait until the flush, and are written in the order of the tracks.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { StoredEvent } from "../../events/log/event_log.ts";
import type { TrackId } from "../../src/base/mod.ts";
import type { Changes, Fold, Projection, Transitions } from "../core/projection.ts";
import { type Change as Statement, PendingRows } from "../core/pending_rows.ts";
import { Query } from "../core/query.ts";
import { FileDetailsStore } from "./file_details.ts";
import type { FileState } from "./file_state.ts";
import { type IndexedTrack, NAME_FIELDS, SEARCH_COLUMNS, SearchColumns } from "./search_columns.ts";
import type { Fact } from "./search_facts.ts";
import { quotedWord } from "./search_text.ts";
import { TrackDocument } from "./track_document.ts";
import type { AllFacets, FacetSpelling, TrackFacet } from "./track_facets.ts";
import { soundOf } from "./word_sound.ts";

/** So much of the index, in bytes, is gathered in memory before it is written. */
const GATHERED_BYTES = 8 * 1024 * 1024;
/**
 * Segments of one level that FTS5 leaves unmerged. All levels together can have 2,000, and the one that they are merged
 * into counts too: with more than that, FTS5 says that the disk is full.
 */
const SEGMENTS_MAX = 500;
/** How many words are known to be in the vocabulary. */
const KNOWN_WORDS_MAX = 100_000;
/** Words of these scripts come in pairs of characters: nobody mistypes those. */
const SPELLED = /^[\p{L}\p{N}]/u;
const PAIRED =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

export const search: Projection = {
  name: "search",
  version: 4,
  tables: [
    { name: "search_data", key: ["id"] },
    { name: "search_idx", key: ["segid", "term"] },
    { name: "search_config", key: ["k"] },
    { name: "search_words", key: ["word"] },
    { name: "search_facts", key: ["kind", "step"] },
    { name: "search_values", key: ["facet", "value", "spelling"] },
    { name: "search_added", key: ["track"] },
  ],
  // How the index lies in its tables depends on the batches in which it was made, the places of its words do not.
  compared: [
    { name: "search_terms", key: ["term"] },
    { name: "search_words", key: ["word"] },
    { name: "search_facts", key: ["kind", "step"] },
    { name: "search_values", key: ["facet", "value", "spelling"] },
    { name: "search_added", key: ["track"] },
  ],
  handles: new Set([
    ...["FilesObserved", "FilesRemoved", "OriginConfigured", "OriginRemoved"] as const,
    ...["CopiesCompared", "PartsCompared"] as const,
  ]),
  init(db) {
    db.exec(`
      CREATE VIRTUAL TABLE search USING fts5(
        ${SEARCH_COLUMNS.join(", ")}, content = '', columnsize = 0, tokenize = 'ascii'
      );
      INSERT INTO search (search, rank) VALUES ('hashsize', ${GATHERED_BYTES});
      -- While the index is made, its segments wait to be merged all at once.
      INSERT INTO search (search, rank) VALUES ('automerge', 0), ('crisismerge', ${SEGMENTS_MAX});
      CREATE VIRTUAL TABLE search_places USING fts5vocab(search, instance);
      CREATE VIEW search_terms AS SELECT term, count(*) AS places,
          sum((doc % 1000003) * 7919 + offset * 104729 + unicode(col) * 13 + length(col) * 7) AS sum
        FROM search_places GROUP BY term;
      CREATE TABLE search_words (word TEXT PRIMARY KEY, sound TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE search_facts (
        kind TEXT NOT NULL,
        step INTEGER NOT NULL,
        tracks INTEGER NOT NULL,  -- above 0
        PRIMARY KEY (kind, step)
      ) WITHOUT ROWID;
      CREATE TABLE search_values (
        facet TEXT NOT NULL,
        value INTEGER NOT NULL,
        spelling TEXT NOT NULL,
        tracks INTEGER NOT NULL,  -- above 0
        PRIMARY KEY (facet, value, spelling)
      ) WITHOUT ROWID;
      CREATE TABLE search_added (
        track INTEGER PRIMARY KEY,
        at INTEGER NOT NULL  -- ms since 1970
      );
    `);
  },
  indexes: [
    "CREATE INDEX IF NOT EXISTS search_sounds ON search_words (sound)",
    "CREATE INDEX IF NOT EXISTS search_newest ON search_added (at, track)",
    "INSERT INTO search (search) VALUES ('optimize')",
    "INSERT INTO search (search, rank) VALUES ('automerge', 4), ('crisismerge', 16)",
  ],
  start: (db) => new Folding(db),
};

/** What the index has of a track, and what it is to have. */
interface Change {
  readonly before: IndexedTrack | undefined;
  after: IndexedTrack | undefined;
}

class Folding implements Fold {
  readonly #details: FileDetailsStore;
  readonly #columns = new SearchColumns();
  readonly #added: PendingRows;
  readonly #addedAt: Query;
  readonly #put: StatementSync;
  readonly #take: StatementSync;
  readonly #vocabulary: Vocabulary;
  readonly #facts: FactCounts;
  readonly #values: ValueCounts;
  readonly #changes = new Map<TrackId, Change>();
  /** The greatest track that was ever found. */
  #greatest: number;

  constructor(db: DatabaseSync) {
    const columns = SEARCH_COLUMNS.join(", ");
    const marks = SEARCH_COLUMNS.map(() => "?").join(", ");
    this.#details = new FileDetailsStore(db);
    this.#added = new PendingRows(db, "search_added", ["track", "at"]);
    this.#addedAt = this.#added.query("SELECT at FROM search_added WHERE track = ?");
    this.#put = db.prepare(`INSERT INTO search (rowid, ${columns}) VALUES (?, ${marks})`);
    this.#take = db.prepare(
      `INSERT INTO search (search, rowid, ${columns}) VALUES ('delete', ?, ${marks})`,
    );
    this.#vocabulary = new Vocabulary(db);
    this.#facts = new FactCounts(db);
    this.#values = new ValueCounts(db);
    this.#greatest = new Query(db, "SELECT max(track) AS greatest FROM search_added").get()![0] as
      | number
      | null ?? 0;
  }

  apply(event: StoredEvent, _files: Transitions, tracks: Changes["tracks"]): void {
    for (const { track, before, after } of tracks) {
      const at = this.#found(track, event.at);
      const change = this.#changes.get(track);
      const is = after && this.#indexed(after, at);
      if (change !== undefined) change.after = is;
      else this.#changes.set(track, { before: before && this.#indexed(before, at), after: is });
    }
  }

  flush(): void {
    this.#added.flush();
    const changes = [...this.#changes];
    this.#changes.clear();
    changes.sort(([one], [other]) => one - other);
    for (const [track, { before, after }] of changes) {
      if (!differ(before, after)) continue;
      if (before !== undefined) {
        this.#take.run(track, ...before.columns);
        this.#facts.count(before, -1);
        this.#values.count(before, -1);
      }
      if (after !== undefined) {
        this.#put.run(track, ...after.columns);
        this.#facts.count(after, 1);
        this.#values.count(after, 1);
      }
      this.#vocabulary.follow(before, after);
    }
    this.#vocabulary.flush();
    this.#facts.flush();
    this.#values.flush();
  }

  /** When a track was first found. */
  #found(track: TrackId, at: number): number {
    if (track > this.#greatest) this.#greatest = track;
    else {
      const known = this.#addedAt.get(track)?.[0];
      if (known !== undefined) return known as number;
    }
    this.#added.add(track, at);
    return at;
  }

  #indexed(state: FileState, added: number): IndexedTrack {
    const details = state.details ?? this.#details.get(state.file);
    return this.#columns.of(new TrackDocument(state, details), added);
  }
}

function differ(one: IndexedTrack | undefined, other: IndexedTrack | undefined): boolean {
  if (one === undefined || other === undefined) return one !== other;
  return one.columns.some((text, i) => text !== other.columns[i]) ||
    one.facets !== other.facets &&
      one.facets.each.some((facet, i) => !areSpelledAlike(facet, other.facets.each[i]!));
}

function areSpelledAlike(one: TrackFacet, other: TrackFacet): boolean {
  return one === other ||
    one.spellings.length === other.spellings.length &&
      one.spellings.every(({ spelling }, i) => spelling === other.spellings[i]!.spelling);
}

/** The words of the names, each once. */
class Vocabulary {
  readonly #new: PendingRows;
  readonly #drop: Statement;
  readonly #isThere: Query;
  readonly #known = new Set<string>();
  /** The text of each column that was last seen to: its words are known. */
  readonly #last = NAME_FIELDS.map(() => "");
  readonly #came = new Set<string>();
  readonly #left = new Set<string>();

  constructor(db: DatabaseSync) {
    this.#new = new PendingRows(db, "search_words", ["word", "sound"], "IGNORE");
    this.#drop = this.#new.prepare("DELETE FROM search_words WHERE word = ?");
    this.#isThere = new Query(db, "SELECT 1 FROM search WHERE search MATCH ? LIMIT 1");
  }

  follow(before: IndexedTrack | undefined, after: IndexedTrack | undefined): void {
    for (let i = 0; i < NAME_FIELDS.length; i++) {
      const [was, is] = [before?.columns[i] ?? "", after?.columns[i] ?? ""];
      if (was === is) continue;
      if (is !== "" && is !== this.#last[i]) this.#addWords(this.#last[i] = is);
      if (was !== "") { for (const word of was.split(" ")) this.#left.add(word); }
    }
  }

  /** Adds the words that came, in their order, and drops those that no track has any more. */
  flush(): void {
    for (const word of [...this.#came].sort()) this.#new.add(word, soundOf(word));
    this.#came.clear();
    for (const word of this.#left) {
      if (!isSpelled(word)) continue;
      const query = `{${NAME_FIELDS.join(" ")}} : ${quotedWord(word)}`;
      if (this.#isThere.get(query) !== undefined) continue;
      this.#drop.run(word);
      this.#known.delete(word);
      this.#last.fill("");
    }
    this.#left.clear();
    this.#new.flush();
  }

  #addWords(text: string): void {
    for (const word of text.split(" ")) {
      if (this.#known.has(word)) continue;
      if (this.#known.size > KNOWN_WORDS_MAX) this.#known.clear();
      this.#known.add(word);
      if (isSpelled(word)) this.#came.add(word);
    }
  }
}

function isSpelled(word: string): boolean {
  return SPELLED.test(word) && !PAIRED.test(word);
}

/** How many tracks each step of a number has. */
class FactCounts {
  readonly #change: StatementSync;
  readonly #drop: StatementSync;
  readonly #counts = new Map<string, Fact & { tracks: number }>();

  constructor(db: DatabaseSync) {
    this.#change = db.prepare(
      `INSERT INTO search_facts VALUES (?, ?, ?)
        ON CONFLICT (kind, step) DO UPDATE SET tracks = tracks + excluded.tracks`,
    );
    this.#drop = db.prepare(
      "DELETE FROM search_facts WHERE kind = ? AND step = ? AND tracks = 0",
    );
  }

  count({ facts }: IndexedTrack, sign: 1 | -1): void {
    for (const fact of facts) {
      const count = this.#counts.get(fact.word);
      if (count === undefined) this.#counts.set(fact.word, { ...fact, tracks: sign });
      else count.tracks += sign;
    }
  }

  flush(): void {
    for (const { letter, step, tracks } of this.#counts.values()) {
      if (tracks === 0) continue;
      this.#change.run(letter, step, tracks);
      if (tracks < 0) this.#drop.run(letter, step);
    }
    this.#counts.clear();
  }
}

/** How many tracks have each value of a facet. */
class ValueCounts {
  readonly #change: StatementSync;
  readonly #drop: StatementSync;
  /** Tracks of an album mostly share what is made of their facets, so that little is counted for each. */
  readonly #facets = new Map<AllFacets, number>();

  constructor(db: DatabaseSync) {
    this.#change = db.prepare(
      `INSERT INTO search_values VALUES (?, ?, ?, ?)
        ON CONFLICT (facet, value, spelling) DO UPDATE SET tracks = tracks + excluded.tracks`,
    );
    this.#drop = db.prepare(
      "DELETE FROM search_values WHERE facet = ? AND value = ? AND spelling = ? AND tracks = 0",
    );
  }

  count({ facets }: IndexedTrack, sign: 1 | -1): void {
    this.#facets.set(facets, (this.#facets.get(facets) ?? 0) + sign);
  }

  flush(): void {
    const counts = new Map<string, { spelled: FacetSpelling; tracks: number }>();
    for (const [{ each }, tracks] of this.#facets) {
      for (const spelled of each.flatMap(({ spellings }) => spellings)) {
        const key = `${spelled.value}/${spelled.spelling}`;
        const count = counts.get(key);
        if (count === undefined) counts.set(key, { spelled, tracks });
        else count.tracks += tracks;
      }
    }
    this.#facets.clear();
    for (const { spelled: { facet, value, spelling }, tracks } of counts.values()) {
      if (tracks === 0) continue;
      this.#change.run(facet, value, spelling, tracks);
      if (tracks < 0) this.#drop.run(facet, value, spelling);
    }
  }
}
