/**
 * The fields of the query language, in one table: their names, the kinds of their values, and a line of help each.
 * Whoever answers a query, explains the language or completes a name reads it here.
 *
 * @module
 */
import { DETAIL_KINDS } from "../base/mod.ts";

/**
 * What a field's values are, which decides how a value is written in a query:
 *
 * - `text`: words.
 * - `number`: a number, in the units of the field.
 * - `duration`: ms.
 * - `size`: bytes.
 * - `bitrate`: bits per second.
 * - `moment`: ms since 1970; a track may have none (`never`).
 * - `date`: a date as tags have it, without a time zone and perhaps without day or month, as the number YYYYMMDD with
 *   00 for what is missing (see {@link dateNumber}).
 * - `flag`: yes or no.
 */
export type FieldKind =
  | "text"
  | "number"
  | "duration"
  | "size"
  | "bitrate"
  | "moment"
  | "date"
  | "flag";

export interface Field {
  /** In lower case. */
  readonly name: string;
  /** Other names that mean this field. Any name may also be written with or without `_` and `-`, or with spaces. */
  readonly aliases: readonly string[];
  readonly kind: FieldKind;
  /**
   * The tags with the values of the field, by their names in `TrackTags` and `FileDetails.tags`. Empty when the values
   * are no tags; for a user-defined field too, whose name is compared with those in `FileDetails.other` by
   * {@link fieldKey}.
   */
  readonly tags: readonly string[];
  /** How many of the field's own numbers a unit is worth; the name of a unit is in lower case. */
  readonly units: Readonly<Record<string, number>>;
  /** What the field is, for `musicfs help query`; "" for those that the help lists by name alone. */
  readonly help: string;
  /** Whether it is none of the table: a tag of the user's own, if any file has it. */
  readonly isOwn: boolean;
}

/** How a value of each kind may be written: it ends the sentence "expected ...". */
export const VALUES_OF: Readonly<Record<FieldKind, string>> = {
  text: "words",
  number: "a number",
  duration: "a duration such as 3:20, 3m or 1h30m",
  size: "a size such as 10MB",
  bitrate: "a bit rate such as 320k",
  moment: "a date such as 2026-11 or 2026-11-30, today, yesterday, an age such as 30d, or never",
  date: "a date such as 1994, 1994-03 or 1994-03-21",
  flag: "yes or no",
};

/** The field whose values are the names of fields: of those that a track has no tag for. */
export const MISSING = "missing";

type Row = Partial<Omit<Field, "name" | "isOwn">>;

const KHZ = { hz: 1, k: 1_000, khz: 1_000 };
const DB = { db: 1 };

/** The fields that the help explains, in its order. */
const EXPLAINED: Readonly<Record<string, Row>> = {
  title: { tags: ["title"], aliases: ["song"], help: "name of the track" },
  artist: { tags: ["artist", "artists"], help: "who plays it" },
  albumartist: { tags: ["albumartist", "albumartists"], help: "who the album is by" },
  album: { tags: ["album"], aliases: ["release"], help: "name of the album" },
  genre: { tags: ["genre"], aliases: ["style"], help: "any of its genres" },
  composer: { tags: ["composer"], help: "who wrote the music" },
  label: { tags: ["label"], aliases: ["publisher"], help: "who published it" },
  mood: { tags: ["mood"], help: "as the tag has it" },
  comment: { tags: ["comment"], help: "any comment" },
  lyrics: { tags: ["lyrics"], help: "words that are sung" },
  track: { tags: ["track"], kind: "number", aliases: ["tracknumber"], help: "number on its disc" },
  disc: {
    tags: ["disk"],
    kind: "number",
    aliases: ["disk", "discnumber"],
    help: "number of the disc",
  },
  year: { tags: ["year", "date"], kind: "number", help: "when it was released" },
  decade: { kind: "number", units: { s: 1 }, help: "such as 1960s" },
  date: { tags: ["date"], kind: "date", help: "when it was released" },
  bpm: { tags: ["bpm"], kind: "number", help: "beats a minute" },
  rating: {
    tags: ["rating"],
    kind: "number",
    units: { "%": 0.01 },
    help: "from 0 to 1, such as 80%",
  },
  compilation: { tags: ["compilation"], kind: "flag", help: "of several artists" },
  duration: { kind: "duration", aliases: ["length"], help: "such as 3:20, 3m, 1h30m" },
  bitrate: { kind: "bitrate", help: "such as 320k" },
  samplerate: { kind: "number", units: KHZ, help: "such as 96kHz" },
  bits: { kind: "number", aliases: ["bitdepth", "bitspersample"], help: "bits of a sample" },
  channels: { kind: "number", help: "how many" },
  format: { aliases: ["type"], help: "such as flac or mp3" },
  codec: { help: "how the sound is coded" },
  size: { kind: "size", aliases: ["filesize"], help: "such as 10MB" },
  origin: { help: "where the file lies" },
  path: { help: "its path there" },
  added: { kind: "moment", help: "when the file was found" },
  modified: { kind: "moment", aliases: ["mtime"], help: "when the file was changed" },
  played: { kind: "moment", aliases: ["lastplayed"], help: "when last, or never" },
  plays: { kind: "number", aliases: ["playcount"], help: "how often it was played" },
  [MISSING]: { help: "a tag that it lacks" },
};

/** Fields of tags whose names or kinds are not those of music-metadata. */
const RENAMED: Readonly<Record<string, Row>> = {
  totaltracks: { kind: "number", aliases: ["tracktotal"] },
  totaldiscs: { kind: "number", aliases: ["disctotal", "totaldisks", "disktotal"] },
  performer: { tags: ["performer:instrument"] },
  originaldate: { tags: ["originaldate"], kind: "date" },
  releasedate: { tags: ["releasedate"], kind: "date" },
  replaygain_track_gain: { tags: ["replaygain_track_gain"], kind: "number", units: DB },
  replaygain_album_gain: { tags: ["replaygain_album_gain"], kind: "number", units: DB },
};

const KIND_OF_DETAIL = {
  text: "text",
  list: "text",
  number: "number",
  share: "number",
  flag: "flag",
} as const;

/** Every field that is not of the user's own, those that the help explains first. */
export const FIELDS: readonly Field[] = allFields();

const BY_KEY: ReadonlyMap<string, Field> = new Map(
  FIELDS.flatMap((field) =>
    [field.name, ...field.aliases].map((name): [string, Field] => [fieldKey(name), field])
  ),
);

/** The field with a name or alias, in any spelling; for any other name a text field of the user's own. */
export function fieldNamed(name: string): Field {
  return BY_KEY.get(fieldKey(name)) ?? { ...made(name.toLowerCase(), {}), isOwn: true };
}

/** Whether the values of a field are words alone, so that `<`, `>` and `..` mean nothing there. */
export function isWords({ kind, isOwn }: Field): boolean {
  return kind === "text" && !isOwn;
}

/**
 * Names that differ by case, or by `_`, `-` and spaces, are one field: `album_artist`, `ALBUM ARTIST`. A tag of the
 * user's own is named without what stands before its last colon: `TXXX:Ripped by` is `ripped_by`.
 */
export function fieldKey(name: string): string {
  const own = name.slice(name.lastIndexOf(":") + 1) || name;
  const key = own.normalize("NFC").toLowerCase().replace(/[\s_-]+/gu, "");
  return key === "" ? own : key;
}

/**
 * The number YYYYMMDD of a date in a tag (`1994`, `1994-03`, `1994-03-21T00:00:00`, `1994/3/21`, `19940321`), with 00 for
 * a month or day that is not there; undefined for a text that does not begin with a year.
 */
export function dateNumber(text: string): number | undefined {
  const match = /^\s*(\d{4})(?:(\d{2})(\d{2})|[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?!\d)/.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = [match[1], match[2] ?? match[4], match[3] ?? match[5]]
    .map((part) => Number(part ?? 0)) as [number, number, number];
  if (month < 1 || month > 12) return year * 10_000;
  return year * 10_000 + month * 100 + (day > 31 ? 0 : day);
}

function allFields(): Field[] {
  const rows = [...Object.entries(EXPLAINED), ...Object.entries(RENAMED)];
  const named = new Set(rows.flatMap(([, { tags = [] }]) => tags));
  const others = [...DETAIL_KINDS].filter(([tag]) => !named.has(tag));
  return [
    ...rows.map(([name, row]) => made(name, row)),
    ...others.map(([tag, kind]) =>
      made(tag.toLowerCase(), { tags: [tag], kind: KIND_OF_DETAIL[kind] })
    ),
  ];
}

function made(name: string, row: Row): Field {
  return { aliases: [], kind: "text", tags: [], units: {}, help: "", ...row, name, isOwn: false };
}
