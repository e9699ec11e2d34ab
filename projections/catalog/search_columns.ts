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
 * - `facts`: one word that every track has, and the format, the origin and some numbers (see `search_facts`).
 *
 * @module
 */
import type { DetailValue } from "../../events/facts/files.ts";
import { DETAIL_KINDS } from "../../src/base/mod.ts";
import { type Field, fieldKey, fieldNamed } from "../../src/query/mod.ts";
import type { FileState } from "./file_state.ts";
import { type FactKind, FACTS } from "./search_facts.ts";
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

/** A number of a track that is counted. */
export interface Fact {
  readonly letter: string;
  readonly step: number;
}

/** What the index has of one track. */
export interface IndexedTrack {
  /** In the order of SEARCH_COLUMNS. */
  readonly columns: readonly string[];
  readonly facts: readonly Fact[];
}

/** Makes the columns. */
export class SearchColumns {
  /** What was made last of each column: the next track mostly has the same texts, but for the title. */
  readonly #last = SEARCH_COLUMNS.map(() => ({ text: "", made: "" }));
  /** The same for each tag among the details. */
  readonly #tags = new Map<string, { value: string; made: string }>();

  of(document: TrackDocument, added: number): IndexedTrack {
    const { state } = document;
    const { names } = state;
    const facts = factsOf(document, added);
    return {
      columns: [
        names.title === "" ? "" : `${columnOf(names.title)} ${VALUE_END}`,
        ...NAME_FIELDS.slice(1).map((name, i) => this.#names(name, i + 1, document)),
        this.#again(OTHER, otherTexts(document).join("\0"), otherColumn),
        this.#fields(document),
        pathColumn(state.path),
        this.#again(FACTS_AT, `${state.format}/${state.origin}`, () => placeText(state)) +
        factsText(facts),
      ],
      facts,
    };
  }

  #names(name: typeof NAME_FIELDS[number], column: number, document: TrackDocument): string {
    const texts = document.texts(FIELD_OF[name]);
    if (texts.length === 0) return "";
    const last = this.#last[column]!;
    const text = texts.length === 1 ? texts[0]! : texts.join("\0");
    if (last.text !== text) {
      last.text = text;
      last.made = texts.map((it) => columnText(wordsIn(name, it))).join(` ${VALUE_END} `);
      if (name === "artist") last.made += ` ${VALUE_END}`;
    }
    return last.made;
  }

  #again(column: number, text: string, make: (text: string) => string): string {
    const last = this.#last[column]!;
    if (last.text === text) return last.made;
    last.text = text;
    return last.made = make(text);
  }

  #fields({ details, state }: TrackDocument): string {
    const { tags, other } = details;
    let column = state.trackTags.compilation === undefined ? "" : fieldWord(COMPILATION, "");
    for (const tag in tags) {
      const value = tags[tag]!;
      let last = this.#tags.get(tag);
      if (last === undefined) this.#tags.set(tag, last = { value: "", made: "" });
      const text = typeof value === "object" ? value.join("\0") : String(value);
      if (last.value !== text) {
        last.value = text;
        last.made = tagColumn(tag, value);
      }
      column += ` ${last.made}`;
    }
    for (const name in other) {
      const before = fieldWord({ name, isOwn: true }, "");
      for (const text of listOf(other[name])) {
        column += ` ${columnText(wordsOf(text), before)} ${VALUE_END}`;
      }
    }
    return column;
  }
}

const OTHER = SEARCH_COLUMNS.indexOf("other");
const FACTS_AT = SEARCH_COLUMNS.indexOf("facts");

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

function tagColumn(tag: string, value: DetailValue): string {
  const field = DETAIL_FIELDS.get(tag);
  if (field === undefined) return "";
  if (field.kind !== "text") return fieldWord(field, "");
  const texts = listOf(value);
  if (!isIdentifier(field)) {
    const before = fieldWord(field, "");
    return texts.map((text) => columnText(wordsOf(text), before)).join(` ${VALUE_END} `);
  }
  return texts.map((text) => fieldWord(field, identifierOf(text).slice(0, IDENTIFIER_CHARS)))
    .join(" ");
}

function otherColumn(texts: string): string {
  return texts.split("\0").map((text) => columnOf(text)).join(` ${VALUE_END} `);
}

/** SQLite itself separates a plain path into its words, as `pathWords` does. */
function pathColumn(path: string): string {
  return PLAIN_PATH.test(path) && !LONG_WORD.test(path) ? path : pathWords(path).words.join(" ");
}

const PLAIN_PATH = /^[\x20-\x7e]*$/;
const LONG_WORD = new RegExp(`[A-Za-z0-9]{${WORD_CHARS_MAX + 1}}`);

const DATE = fieldNamed("date");

function factsOf(document: TrackDocument, added: number): Fact[] {
  const { state, properties } = document;
  const facts: Fact[] = [];
  addFact(facts, FACTS.year, state.names.year);
  // Most dates are of the year, and sought by it.
  const [date] = state.trackTags.date === undefined ? [] : document.numbers(DATE);
  if (date !== undefined && FACTS.date.stepOf(date) !== state.names.year) {
    addFact(facts, FACTS.date, date);
  }
  addFact(facts, FACTS.duration, properties.duration_ms);
  addFact(facts, FACTS.bitrate, properties.bitrate);
  addFact(facts, FACTS.samplerate, properties.sample_rate);
  addFact(facts, FACTS.channels, properties.channels);
  facts.push({ letter: FACTS.size.letter, step: FACTS.size.stepOf(state.size) });
  facts.push({ letter: FACTS.added.letter, step: FACTS.added.stepOf(added) });
  return facts;
}

function addFact(facts: Fact[], { letter, stepOf }: FactKind, value: number | undefined): void {
  if (value !== undefined && value > 0) facts.push({ letter, step: stepOf(value) });
}

function placeText({ format, origin }: FileState): string {
  return `${ANY_TRACK} ${formatWord(format ?? "")} ${originWord(origin)}`;
}

function factsText(facts: readonly Fact[]): string {
  let text = "";
  for (const { letter, step } of facts) text += ` ${letter}${step}`;
  return text;
}
