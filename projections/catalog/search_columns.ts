/**
 * What the search index has of a track: the words of its fields, by columns.
 *
 * - A column for each of the fields that place a track (`NAME_FIELDS`). Their words are the **vocabulary**, in which
 *   corrections of mistyped words are sought.
 * - `other`: the words of every other text, for words that are asked for in any field. Identifiers and lyrics are not
 *   among them.
 * - `fields`: the same once more, each word with the name of its field before it, for words that are asked for in one.
 *   Of an identifier only the beginning is there; of a number only that there is one.
 * - `path`: the words of the file's path on its origin.
 * - `facts`: one word that every track has, the format, the origin, some numbers (see `search_facts`), the most asked-for
 *   fields that the track lacks, and the values by which tracks are browsed (see `track_facets`).
 *
 * @module
 */
import type { DetailValue } from "../../events/facts/files.ts";
import { DETAIL_KINDS } from "../../src/base/mod.ts";
import { dateNumber, type Field, fieldKey, fieldNamed } from "../../src/query/mod.ts";
import type { FileState } from "./file_state.ts";
import { type Fact, type FactKind, FACTS, KnownFacts } from "./search_facts.ts";
import {
  columnOf,
  columnText,
  exactWord,
  folded,
  IN_FIELD,
  pathWords,
  VALUE_END,
  WORD_CHARS_MAX,
  type Words,
  wordsOf,
} from "./search_text.ts";
import { listOf, type TrackDocument } from "./track_document.ts";
import { type AllFacets, TrackFacets } from "./track_facets.ts";

/** The fields with a column of their own. */
export const NAME_FIELDS = [
  "title",
  "artist",
  "albumartist",
  "album",
  "genre",
  "composer",
] as const;
export const SEARCH_COLUMNS = [...NAME_FIELDS, "other", "fields", "path", "facts"] as const;

/** Fields of which the facts say that a track has no tag for them. */
const LACKABLE = [...NAME_FIELDS, "year", "track"].map(fieldNamed);

/** The word among the facts of tracks that lack a field; undefined for a field of which the facts do not say it. */
export function lackWord(field: Field): string | undefined {
  return LACKABLE.includes(field) ? `n${field.name}` : undefined;
}

/** The word that every track has among its facts. */
export const ANY_TRACK = "all";

/** Longer values of the user's own fields are data of programs: they are found in their field alone. */
const OWN_CHARS_MAX = 200;
const IDENTIFIER = /^(?:musicbrainz_|acoustid_|musicip_|discogs_)|^(?:asin|barcode|isrc)$/;
/** Of an identifier so many characters are in the index. */
export const IDENTIFIER_CHARS = 12;
/** Texts that say nothing of the music, and lyrics, in which nearly every word can be found. */
const UNSPOKEN =
  /^(?:lyrics|encodedby|encodersettings|copyright|license|website|podcasturl|script|language|media|release(?:status|country|date)|key|originaldate|replaygain_.*)$|sort$/;

const JOINED_WORDS_MAX = 3;
const JOINED_CHARS_MAX = 24;

/** Whether the values of a field are identifiers, which are compared from their beginning. */
export function isIdentifier({ name, isOwn }: Field): boolean {
  return !isOwn && IDENTIFIER.test(name);
}

/** An identifier without its signs. */
export function identifierOf(text: string): string {
  return folded(text).replace(/[^\p{L}\p{N}]+/gu, "");
}

/** The words of a value of a field. Names of artists are found written together too: `linkinpark`. */
export function wordsIn(field: string, text: string): Words {
  if (field === "path") return pathWords(text);
  const found = wordsOf(text);
  if (field !== "artist" && field !== "albumartist") return found;
  const { words, joined } = found;
  if (words.length < 2 || words.length > JOINED_WORDS_MAX || joined.length > 0) return found;
  const together = words.join("");
  return together.length > JOINED_CHARS_MAX || !/^[\p{L}\p{N}]+$/u.test(together)
    ? found
    : { words, joined: [together] };
}

/** The texts that count for words in any field, besides those of NAME_FIELDS. */
export function otherTexts(document: TrackDocument): readonly string[] {
  const { details, state } = document;
  const texts = state.names.year > 0 ? [String(state.names.year)] : [];
  for (const tag in details.tags) {
    if (SPOKEN.has(tag)) texts.push(...listOf(details.tags[tag]));
  }
  for (const name in details.other) {
    texts.push(...listOf(details.other[name]).filter((text) => text.length <= OWN_CHARS_MAX));
  }
  return texts;
}

const SPOKEN: ReadonlySet<string> = new Set(
  [...DETAIL_KINDS].filter(([tag, kind]) => {
    const name = tag.toLowerCase();
    return (kind === "text" || kind === "list") && !UNSPOKEN.test(name) && !IDENTIFIER.test(name);
  }).map(([tag]) => tag),
);

/** The word in the column `fields` of a word in a field without a column of its own; of "" that the field is there. */
export function fieldWord({ name, isOwn }: Pick<Field, "name" | "isOwn">, word: string): string {
  const key = exactWord(isOwn ? fieldKey(name) : name);
  return `${isOwn ? IN_FIELD : ""}${key}${IN_FIELD}${word}`;
}

export function formatWord(format: string): string {
  return `f${exactWord(folded(format))}`;
}

export function originWord(origin: string): string {
  return `o${exactWord(folded(origin))}`;
}

/** What the index has of one track. */
export interface IndexedTrack {
  /** In the order of SEARCH_COLUMNS. */
  readonly columns: readonly string[];
  readonly facts: readonly Fact[];
  readonly facets: AllFacets;
}

/** What a field is made of: the value that names the track, and the list beside it. */
interface Names {
  readonly first: string;
  readonly more: DetailValue | undefined;
}

/** The columns of names with several values, after the title. */
const LISTED_FIELDS = NAME_FIELDS.slice(1);

/** Makes the columns. What was made last is kept: the next track mostly has the same texts, but for the title. */
export class SearchColumns {
  readonly #names = LISTED_FIELDS.map(() => ({
    first: "",
    more: undefined as Names["more"],
    made: "",
  }));
  /** Of each tag among the details, what `fields` and `other` have. */
  readonly #tags = new Map<string, { value: DetailValue; inFields: string; inOther: string }>();
  #place = { format: null as FileState["format"], origin: "", made: "" };
  readonly #facts = new KnownFacts();
  readonly #facets = new TrackFacets();

  of(document: TrackDocument, added: number): IndexedTrack {
    const { state, details } = document;
    const { names, trackTags } = state;
    const facts = this.#factsOf(document, added);
    const facets = this.#facets.of(document, added);
    const [fields, other] = this.#details(document);
    return {
      columns: [
        names.title === "" ? "" : `${columnOf(names.title)} ${VALUE_END}`,
        this.#listed(0, document, names.artist, trackTags.artists),
        this.#listed(1, document, names.albumartist, details.tags?.["albumartists"]),
        this.#listed(2, document, names.album, undefined),
        this.#listed(3, document, "", trackTags.genre),
        this.#listed(4, document, "", trackTags.composer),
        other,
        fields,
        pathColumn(state.path),
        this.#placeOf(state) + factsText(facts) + lackText(document) + facets.words,
      ],
      facts,
      facets,
    };
  }

  /** The column of one of LISTED_FIELDS, of which these are the values. */
  #listed(at: number, document: TrackDocument, first: string, more: Names["more"]): string {
    const last = this.#names[at]!;
    if (last.first === first && isSame(last.more, more)) return last.made;
    const name = LISTED_FIELDS[at]!;
    const texts = document.texts(FIELD_OF[name]);
    let made = texts.map((text) => columnText(wordsIn(name, text))).join(SEPARATOR);
    if (name === "artist" && texts.length > 0) made += ` ${VALUE_END}`;
    last.first = first;
    last.more = more;
    return last.made = made;
  }

  /** The columns `fields` and `other`. */
  #details({ details, state }: TrackDocument): [fields: string, other: string] {
    const { tags, other } = details;
    let fields = state.trackTags.compilation === undefined ? "" : fieldWord(COMPILATION, "");
    let spoken = state.names.year > 0 ? String(state.names.year) : "";
    for (const tag in tags) {
      const value = tags[tag]!;
      let last = this.#tags.get(tag);
      if (last === undefined || !isSame(last.value, value)) {
        last = {
          ...{ value, inFields: tagColumn(tag, value) },
          inOther: SPOKEN.has(tag) ? listOf(value).map(columnOf).join(SEPARATOR) : "",
        };
        this.#tags.set(tag, last);
      }
      fields += ` ${last.inFields}`;
      spoken = joined(spoken, last.inOther);
    }
    for (const name in other) {
      const before = fieldWord({ name, isOwn: true }, "");
      for (const text of listOf(other[name])) {
        const words = wordsOf(text);
        fields += ` ${columnText(words, before)} ${VALUE_END}`;
        if (text.length <= OWN_CHARS_MAX) spoken = joined(spoken, columnText(words));
      }
    }
    return [fields, spoken];
  }

  #placeOf({ format, origin }: FileState): string {
    if (this.#place.format !== format || this.#place.origin !== origin) {
      const made = `${ANY_TRACK} ${formatWord(format ?? "")} ${originWord(origin)}`;
      this.#place = { format, origin, made };
    }
    return this.#place.made;
  }

  #factsOf({ state, properties }: TrackDocument, added: number): Fact[] {
    const facts: Fact[] = [];
    const add = (kind: FactKind, value: number | undefined) => {
      if (value !== undefined && value > 0 && value < Infinity) {
        facts.push(this.#facts.of(kind, value));
      }
    };
    const { year } = state.names;
    add(FACTS.year, year);
    const { date } = state.trackTags;
    // Most dates are of the year, and sought by it.
    if (date !== undefined && !(isFourDigits(year) && date.startsWith(String(year)))) {
      const number = dateNumber(date);
      if (number !== undefined && FACTS.date.stepOf(number) !== year) add(FACTS.date, number);
    }
    add(FACTS.duration, properties.duration_ms);
    add(FACTS.bitrate, properties.bitrate);
    add(FACTS.samplerate, properties.sample_rate);
    add(FACTS.channels, properties.channels);
    facts.push(this.#facts.of(FACTS.size, state.size), this.#facts.of(FACTS.added, added));
    return facts;
  }
}

const SEPARATOR = ` ${VALUE_END} `;

const FIELD_OF = Object.fromEntries(NAME_FIELDS.map((name) => [name, fieldNamed(name)])) as Record<
  typeof NAME_FIELDS[number],
  Field
>;
const COMPILATION = fieldNamed("compilation");
const DETAIL_FIELDS: ReadonlyMap<string, Field> = new Map(
  [...DETAIL_KINDS.keys()].flatMap((tag): [string, Field][] => {
    const field = fieldNamed(tag === "performer:instrument" ? "performer" : tag);
    return field.isOwn ? [] : [[tag, field]];
  }),
);

function isSame(one: DetailValue | undefined, other: DetailValue | undefined): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object") return false;
  return one.length === other.length && one.every((text, i) => text === other[i]);
}

function joined(one: string, other: string): string {
  return one === "" ? other : other === "" ? one : one + SEPARATOR + other;
}

function isFourDigits(year: number): boolean {
  return year >= 1_000 && year < 10_000;
}

function tagColumn(tag: string, value: DetailValue): string {
  const field = DETAIL_FIELDS.get(tag);
  if (field === undefined) return "";
  if (field.kind !== "text") return fieldWord(field, "");
  const texts = listOf(value);
  if (!isIdentifier(field)) {
    const before = fieldWord(field, "");
    return texts.map((text) => columnText(wordsOf(text), before)).join(SEPARATOR);
  }
  return texts.map((text) => fieldWord(field, identifierOf(text).slice(0, IDENTIFIER_CHARS)))
    .join(" ");
}

/** SQLite itself separates a plain path into its words, as `pathWords` does. */
function pathColumn(path: string): string {
  return PLAIN_PATH.test(path) && !LONG_WORD.test(path) ? path : pathWords(path).words.join(" ");
}

const PLAIN_PATH = /^[\x20-\x7e]*$/;
const LONG_WORD = new RegExp(`[A-Za-z0-9]{${WORD_CHARS_MAX + 1}}`);

function lackText(document: TrackDocument): string {
  let text = "";
  for (const field of LACKABLE) if (document.lacks(field)) text += ` ${lackWord(field)}`;
  return text;
}

function factsText(facts: readonly Fact[]): string {
  let text = "";
  for (const { word } of facts) text += ` ${word}`;
  return text;
}
