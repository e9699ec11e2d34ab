/**
 * Decides what a file says, from its tags: one source for each value. Pure.
 *
 * The tags are sorted, the preferred one first. The first tag that names the track (by a title, an artist or an
 * album) counts as a whole: a lesser tag with other names is another program's opinion, or older. A tag that names
 * nothing (of a ReplayGain scanner, or an encoder) adds what the others lack, and so does an ID3v1 or APEv2 tag that
 * names the track alike. Of several values for one thing the first counts; a thing that may have several keeps all of
 * them.
 *
 * @module
 */
import type { DetailValue, FileDetails, TrackTags } from "../../../events/facts/files.ts";
import {
  DETAIL_BYTES_MAX,
  DETAIL_KINDS,
  DETAIL_LIST_MAX,
  DETAIL_OTHER_MAX,
  DETAIL_PLACES_MAX,
  DETAIL_TEXT_MAX,
  TAG_TEXT_MAX,
} from "../../base/mod.ts";
import { id3Genres, type Tag, type TagKind } from "../../formats/mod.ts";
import { commonName } from "./common_names.ts";
import { type Position, positionOf, sideOf, wholeNumber } from "./position_of.ts";
import { yearOf } from "./year_of.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The values of one field, with the tag and the field that they come from. */
interface Source {
  readonly kind: TagKind;
  readonly name: string;
  readonly rank: number;
  readonly values: string[];
}

/** The values that count: by common name, and those without one by their own. */
interface Chosen {
  readonly common: Map<string, Source>;
  readonly other: Map<string, string[]>;
}

/** How many characters are shown of the name of something that was cut. */
const NAME_MAX = 64;
const NAMING = ["title", "artist", "album", "albumartist"] as const;
/** The common names that {@link TrackTags} holds. */
const OF_TRACK: ReadonlySet<string> = new Set([
  ...["title", "artist", "artists", "albumartist", "album", "track", "totaltracks", "disk"],
  ...["totaldiscs", "date", "year", "genre", "composer", "compilation"],
]);
/** The tags and details of a file; `tags` are sorted, the preferred one first. */
export function commonTags(tags: readonly Tag[]): { tags: TrackTags; details: FileDetails } {
  const { common, other } = choose(tags);
  return { tags: trackTags(common), details: new Details(common, other, tags).compiled() };
}

function choose(tags: readonly Tag[]): Chosen {
  const chosen: Chosen = { common: new Map(), other: new Map() };
  let isNamed = false;
  for (const tag of tags) {
    const { common, other } = sourcesOf(tag);
    const names = NAMING.some((name) => common.has(name));
    if (names && isNamed && !agrees(tag.kind, common, chosen.common)) continue;
    isNamed ||= names;
    for (const [name, source] of common) {
      if (!chosen.common.has(name)) chosen.common.set(name, source);
    }
    for (const [name, values] of other) {
      if (!chosen.other.has(name)) chosen.other.set(name, values);
    }
  }
  return chosen;
}

/** The longest text that certainly fits an ID3v1 tag: some programs end it with a NUL. */
const ID3V1_TEXT = 28;

/**
 * Whether an ID3v1 or APEv2 tag is about the track that a better tag names, so that it may add what that one lacks:
 * names that both have must agree, as far as 30 bytes of an old encoding can.
 */
function agrees(
  kind: TagKind,
  common: ReadonlyMap<string, Source>,
  chosen: ReadonlyMap<string, Source>,
): boolean {
  if (kind !== "ID3v1" && kind !== "APEv2") return false;
  return NAMING.every((name) => {
    const [one, other] = [common.get(name)?.values[0], chosen.get(name)?.values[0]];
    if (one === undefined || other === undefined || one === other) return true;
    return kind === "ID3v1" && isCutFrom(one, other);
  });
}

/** Whether a text may be what 30 bytes of a poorer encoding left of another. */
function isCutFrom(old: string, text: string): boolean {
  if (old.length < ID3V1_TEXT && old.length !== text.length) return false;
  for (let i = 0; i < Math.min(old.length, ID3V1_TEXT); i++) {
    const isLost = old[i] === "?" || old[i]! > "\x7e";
    if (isLost ? text[i]! < "\x7f" && text[i] !== "?" : old[i] !== text[i]) return false;
  }
  return true;
}

/** The fields of one tag. When several mean one thing, the preferred one counts, and the others keep their own names. */
function sourcesOf({ kind, fields }: Tag): Chosen {
  const common = new Map<string, Source>();
  const other = new Map<string, string[]>();
  for (const field of fields) {
    const value = field.value.trim();
    if (value === "" || field.name === "__proto__") continue;
    const known = commonName(kind, field);
    if (known === undefined) {
      push(other, field.name, value);
      continue;
    }
    const before = common.get(known.common);
    if (before?.rank === known.rank) {
      before.values.push(value);
    } else if (before === undefined || known.rank < before.rank) {
      if (before !== undefined) {
        for (const value of before.values) push(other, before.name, value);
      }
      common.set(known.common, { kind, name: field.name, rank: known.rank, values: [value] });
    } else {
      push(other, field.name, value);
    }
  }
  return { common, other };
}

function push(map: Map<string, string[]>, name: string, value: string): void {
  const values = map.get(name);
  if (values === undefined) map.set(name, [value]);
  else values.push(value);
}

function trackTags(common: ReadonlyMap<string, Source>): TrackTags {
  const tags: Writable<TrackTags> = {};
  const all = (name: string) => short(list(common.get(name)?.values ?? [], TAG_TEXT_MAX));
  const first = (name: string) => all(name)[0];
  const title = first("title");
  const several = all("artist");
  const artist = several[0];
  const artists = common.has("artists") ? all("artists") : several;
  const albumartist = first("albumartist") ?? first("albumartists");
  const album = first("album");
  if (title !== undefined) tags.title = title;
  if (artist !== undefined) tags.artist = artist;
  if (artists.length > 1 || (artists[0] !== undefined && artists[0] !== artist)) {
    tags.artists = artists;
  }
  if (albumartist !== undefined) tags.albumartist = albumartist;
  if (album !== undefined) tags.album = album;
  const { track, disk } = positions(first("track"), first("disk"), {
    tracks: first("totaltracks"),
    discs: first("totaldiscs"),
  });
  if (track !== undefined) tags.track = track;
  if (disk !== undefined) tags.disk = disk;
  const dates = ["date", "year", "releasedate"].map((name) => first(name) ?? "");
  const date = dates.find((text) => text !== "");
  const year = dates.map(yearOf).find((found) => found !== undefined);
  if (year !== undefined) tags.year = year;
  if (date !== undefined) tags.date = date;
  const genre = genres(common.get("genre"));
  if (genre.length > 0) tags.genre = genre;
  const composer = all("composer");
  if (composer.length > 0) tags.composer = composer;
  if (isYes(first("compilation"))) tags.compilation = true;
  return tags;
}

function genres(source: Source | undefined): string[] {
  if (source === undefined) return [];
  const { kind, values } = source;
  return short(list(kind === "ID3v2" ? values.flatMap(id3Genres) : values, TAG_TEXT_MAX));
}

/** Track and disc numbers. The side of a record takes the place of a disc that nobody names. */
function positions(
  track: string | undefined,
  disk: string | undefined,
  totals: { tracks: string | undefined; discs: string | undefined },
): { track: Position | undefined; disk: Position | undefined } {
  const side = track === undefined ? undefined : sideOf(track);
  const no = withTotal(side?.track ?? positionOf(track ?? ""), totals.tracks);
  const disc = withTotal(positionOf(disk ?? ""), totals.discs);
  const numbered = disc.no === null && side !== undefined ? { ...disc, no: side.disc } : disc;
  return { track: orNothing(no), disk: orNothing(numbered) };
}

function withTotal({ no, of }: Position, total: string | undefined): Position {
  return { no, of: of ?? wholeNumber(total) };
}

function orNothing(position: Position): Position | undefined {
  return position.no === null && position.of === null ? undefined : position;
}

/** Collects the further tags, as far as they fit the bounds. */
class Details {
  readonly #common: ReadonlyMap<string, Source>;
  readonly #other: ReadonlyMap<string, readonly string[]>;
  readonly #tags: readonly Tag[];
  readonly #cut = new Set<string>();
  #bytes = 0;

  constructor(
    common: ReadonlyMap<string, Source>,
    other: ReadonlyMap<string, readonly string[]>,
    tags: readonly Tag[],
  ) {
    this.#common = common;
    this.#other = other;
    this.#tags = tags;
  }

  compiled(): FileDetails {
    const details: Writable<FileDetails> = {};
    const unfit = new Map<string, readonly string[]>();
    const year = this.#common.get("year");
    // A date contains the year, and this field may have another.
    if (year !== undefined && this.#common.has("date")) unfit.set(year.name, year.values);
    const tags = this.#commonOnes(unfit);
    const pictures = this.#places("pictures", this.#tags.flatMap((tag) => tag.pictures));
    const chapters = this.#places("chapters", this.#chapters());
    const other = this.#others(unfit);
    const cueSheet = this.#tags.find((tag) => tag.cueSheet !== undefined)?.cueSheet;
    if (tags !== undefined) details.tags = tags;
    if (other !== undefined) details.other = other;
    if (pictures.length > 0) details.pictures = pictures;
    if (chapters.length > 0) details.chapters = chapters;
    if (cueSheet !== undefined) details.cue_sheet = cueSheet;
    if (this.#cut.size > 0) {
      details.cut = [...this.#cut].slice(0, DETAIL_OTHER_MAX).map((name) =>
        name.slice(0, NAME_MAX).toWellFormed()
      );
    }
    return details;
  }

  #commonOnes(
    unfit: Map<string, readonly string[]>,
  ): Record<string, DetailValue> | undefined {
    const values: [string, DetailValue][] = [];
    for (const [name, source] of this.#common) {
      if (OF_TRACK.has(name)) continue;
      const value = this.#value(name, source);
      if (value === undefined) unfit.set(source.name, source.values);
      else if (this.#takes(name, value)) values.push([name, value]);
    }
    const albumartists = list(this.#common.get("albumartist")?.values ?? [], DETAIL_TEXT_MAX);
    if (!this.#common.has("albumartists") && albumartists.length > 1) {
      if (this.#takes("albumartists", albumartists)) values.push(["albumartists", albumartists]);
    }
    const movements = positionOf(this.#common.get("movementIndex")?.values[0] ?? "").of;
    if (movements !== null && !this.#common.has("movementTotal")) {
      if (this.#takes("movementTotal", movements)) values.push(["movementTotal", movements]);
    }
    return values.length === 0 ? undefined : Object.fromEntries(values);
  }

  /** Undefined for a value that does not fit the tag's kind. */
  #value(name: string, source: Source): DetailValue | undefined {
    const values = this.#texts(name, source.values);
    const [first] = values;
    if (first === undefined) return undefined;
    if (name === "originalyear") return yearOf(first);
    switch (DETAIL_KINDS.get(name)) {
      case "text":
        return first;
      case "number":
        return numberOf(first);
      case "share":
        return ratingOf(source.kind, source.name, first);
      case "flag":
        return isYes(first);
      default:
        return values;
    }
  }

  #others(
    unfit: ReadonlyMap<string, readonly string[]>,
  ): Record<string, string | readonly string[]> | undefined {
    const others: [string, string | readonly string[]][] = [];
    for (const [name, values] of [...this.#other, ...unfit]) {
      const key = clean(name, TAG_TEXT_MAX);
      if (key === undefined) continue;
      const texts = this.#texts(key, values);
      if (texts.length === 0) continue;
      const value = texts.length === 1 ? texts[0]! : texts;
      if (others.length >= DETAIL_OTHER_MAX) this.#cut.add(key);
      else if (this.#takes(key, value)) others.push([key, value]);
    }
    return others.length === 0 ? undefined : Object.fromEntries(others);
  }

  #texts(name: string, values: readonly string[]): string[] {
    if (values.length > DETAIL_LIST_MAX || values.some(({ length }) => length > DETAIL_TEXT_MAX)) {
      this.#cut.add(name);
    }
    return list(values, DETAIL_TEXT_MAX);
  }

  #chapters() {
    const chapters = this.#tags.find((tag) => tag.chapters.length > 0)?.chapters ?? [];
    return chapters.map((chapter) => ({
      ...chapter,
      title: clean(chapter.title, TAG_TEXT_MAX) ?? "",
    }));
  }

  #places<Place>(name: string, places: readonly Place[]): readonly Place[] {
    const kept = places.slice(0, DETAIL_PLACES_MAX).filter((place) => this.#takes(name, place));
    if (kept.length < places.length) this.#cut.add(name);
    return kept;
  }

  /** Whether there is room for a value. */
  #takes(name: string, value: unknown): boolean {
    const bytes = JSON.stringify(name).length + JSON.stringify(value).length + 2;
    if (this.#bytes + bytes > DETAIL_BYTES_MAX) {
      this.#cut.add(name);
      return false;
    }
    this.#bytes += bytes;
    return true;
  }
}

/** A rating from 0 to 1; every program has a scale of its own. */
function ratingOf(kind: TagKind, name: string, text: string): number | undefined {
  const rating = Number(
    /(\d+(?:\.\d+)?)/.exec(text.includes("|") ? text.split("|")[1]! : text)?.[1],
  );
  if (!Number.isFinite(rating)) return undefined;
  const share = name === "POPM" || text.includes("|")
    ? (rating - 1) / 254
    : name === "WM/SharedUserRating"
    ? rating / 99
    : kind === "MP4"
    ? rating / 100
    : rating <= 1
    ? rating
    : rating <= 5
    ? rating / 5
    : rating <= 100
    ? rating / 100
    : rating / 255;
  return share >= 0 && share <= 1 ? Math.round(share * 1_000) / 1_000 : undefined;
}

/** The number in texts such as `-6.50 dB`, `120`, `0.98`. */
function numberOf(text: string): number | undefined {
  const found = /^\s*([+-]?\d+(?:[.,]\d+)?)/.exec(text);
  return found === null ? undefined : Number(found[1]!.replace(",", "."));
}

function isYes(text: string | undefined): boolean {
  return text !== undefined && /^(?:1|true|yes|y)$/i.test(text.trim());
}

/** The values without empty and repeated ones. */
function list(values: readonly string[], lengthMax: number): string[] {
  const kept = new Set<string>();
  for (const value of values) {
    if (kept.size === DETAIL_LIST_MAX) break;
    const text = clean(value, lengthMax);
    if (text !== undefined) kept.add(text);
  }
  return [...kept];
}

/** As many of the first values as there is room for, since one event tells of hundreds of files. */
function short(values: readonly string[]): string[] {
  let length = 0;
  return values.filter((value) => (length += value.length) <= DETAIL_BYTES_MAX);
}

/** The text up to its first NUL, trimmed, in whole characters; undefined when nothing is left. */
function clean(value: string, lengthMax: number): string | undefined {
  let text = value.trim();
  if (text.includes("\0")) text = text.replace(/^\0+/, "").split("\0", 1)[0]!.trim();
  if (text.length > lengthMax) text = text.slice(0, lengthMax);
  text = text.toWellFormed();
  return text === "" ? undefined : text;
}
