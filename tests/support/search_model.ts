import {
  conditionOf,
  type Expression,
  type Field,
  type Phrase,
  type Query,
  type Word,
} from "../../src/query/mod.ts";
import type { ObservedFile } from "../../events/mod.ts";

/** A track as the model knows it: the last observation of its file, and when the first one was made. */
export interface ModelTrack extends ObservedFile {
  readonly origin: string;
  readonly added: number;
  readonly plays: { readonly count: number; readonly last_at: number } | undefined;
}

/** Words of scripts without spaces, in the names that the tests use. */
const UNSPACED = /[\u3040-\u30ff\u4e00-\u9fff]/;
const NAMES = ["title", "artist", "albumartist", "album", "genre", "composer"];

/**
 * The files that a query finds, in the slow and plain way: every track is compared with every part of it. Knows the
 * fields and the letters that the tests use, no more.
 */
export function modelMatches(
  query: Query,
  tracks: readonly ModelTrack[],
  now: number,
): number[] {
  const { where } = query;
  const parts = where === null ? [] : where.kind === "and" ? where.all : [where];
  const words = parts.filter((it): it is Word | Phrase => isLoose(it));
  const first = parts[0];
  const isThe = first?.kind === "word" && isLoose(first) && first.edits === 0 && !first.prefix &&
    plain(first.text) === "the" && words.length > 1;
  const kept = isThe ? parts.slice(1) : parts;
  const last = kept.findLast((it) => it.kind === "word" && it.field === null && it.edits === 0);
  return tracks.filter((track) => kept.every((part) => fits(part, track, now, part === last)))
    .map(({ file }) => file as number).sort((a, b) => a - b);
}

function isLoose(part: Expression): boolean {
  return (part.kind === "word" || part.kind === "phrase") && part.field === null;
}

function fits(part: Expression, track: ModelTrack, now: number, isLast = false): boolean {
  switch (part.kind) {
    case "and":
      return part.all.every((it) => fits(it, track, now));
    case "or":
      return part.any.some((it) => fits(it, track, now));
    case "not":
      return !fits(part.what, track, now);
  }
  const condition = conditionOf(part, now);
  switch (condition.is) {
    case "words": {
      const { words: asked, field } = condition;
      const isOpen = isLast || asked.kind === "word" && asked.prefix;
      if (asked.kind === "word" && asked.edits > 0) {
        const names = field === null ? NAMES : [field.name];
        return names.flatMap((name) => texts(track, name).flatMap((text) => wordsOf(text, name)))
          .some((word) => distance(plain(asked.text), word) <= asked.edits);
      }
      if (field?.name === "origin" || field?.name === "format") {
        const [value = ""] = texts(track, field.name);
        return isOpen ? value.startsWith(plain(asked.text)) : value === plain(asked.text);
      }
      const names = field === null ? [...NAMES, "other"] : [field.name];
      return names.some((name) =>
        texts(track, name).some((text) => stands(asked.text, text, name, isOpen))
      );
    }
    case "whole":
      return texts(track, condition.field.name)
        .some((text) => pieces(text).join(" ") === pieces(condition.text).join(" "));
    case "span": {
      const { from, to } = condition.span;
      return numbers(track, condition.field).some((it) =>
        (from === null || it > from.value || from.included && it === from.value) &&
        (to === null || it < to.value || to.included && it === to.value)
      );
    }
    case "flag":
      return (track.tags?.compilation === true) === condition.value;
    case "never":
      return lacks(track, condition.field);
  }
}

/** Whether a text of a query stands in a text of a track. */
function stands(asked: string, text: string, name: string, isOpen: boolean): boolean {
  const chunks = plain(asked).split(" ");
  if (chunks.length === 1 && UNSPACED.test(asked)) return plain(text).includes(plain(asked));
  let row = pieces(asked);
  if (row.length > 1 && row[0] === "the") row = row.slice(1);
  const fit = (word: string, i: number) =>
    i === row.length - 1 && isOpen ? word.startsWith(row[i]!) : word === row[i];
  const there = pieces(text);
  if (
    row.length > 0 &&
    there.some((_, at) => row.every((_, i) => at + i < there.length && fit(there[at + i]!, i)))
  ) {
    return true;
  }
  const together = chunks.length === 1 && row.length > 1
    ? [row.join("")]
    : row.length === 1
    ? row
    : [];
  return together.some((one) =>
    wordsOf(text, name).some((word) => isOpen ? word.startsWith(one) : word === one)
  );
}

/** Every word by which a text is found: its own, and those of which signs were left out. */
function wordsOf(text: string, name: string): string[] {
  const own = pieces(text);
  const joined = plain(text).split(" ").map((chunk) => pieces(chunk)).filter((it) => it.length > 1)
    .map((it) => it.join(""));
  const isArtist = name === "artist" || name === "albumartist";
  const whole = isArtist && joined.length === 0 && own.length > 1 && own.length < 4
    ? [own.join("")]
    : [];
  return [...own, ...joined, ...whole];
}

function pieces(text: string): string[] {
  return plain(text).match(/[a-z0-9]+|[\u3040-\u30ff\u4e00-\u9fff]+/g) ?? [];
}

function plain(text: string): string {
  return text.toLowerCase().replaceAll("&", " and ").replaceAll("ö", "o").replaceAll("é", "e")
    .replaceAll("ß", "ss").replace(/\s+/g, " ").trim();
}

function texts(track: ModelTrack, name: string): readonly string[] {
  const { tags = {}, details = {}, path, origin, format } = track;
  const label = details.tags?.["label"] as readonly string[] | undefined ?? [];
  const own = Object.values(details.other ?? {}).flatMap((it) => it);
  const all: Record<string, readonly (string | undefined)[]> = {
    title: [tags.title],
    artist: [tags.artist],
    albumartist: [tags.albumartist ?? (tags.compilation ? "Various Artists" : undefined)],
    album: [tags.album],
    genre: tags.genre ?? [],
    composer: tags.composer ?? [],
    label,
    mine: own,
    other: [...label, ...own, tags.year === undefined ? undefined : String(tags.year)],
    path: [path],
    origin: [origin],
    format: [format],
  };
  return (all[name] ?? []).filter((it) => it !== undefined);
}

/** A name that a track has without a tag is lacking nevertheless. */
function lacks(track: ModelTrack, field: Field): boolean {
  const { tags = {} } = track;
  const tagged: Record<string, readonly (string | number | null | undefined)[]> = {
    title: [tags.title],
    artist: [tags.artist, ...tags.artists ?? []],
    albumartist: [tags.albumartist],
    album: [tags.album],
    genre: tags.genre ?? [],
    composer: tags.composer ?? [],
    year: [tags.year, tags.date],
    track: [tags.track?.no],
    label: texts(track, "label"),
    mine: texts(track, "mine"),
  };
  return (tagged[field.name] ?? numbers(track, field))
    .every((value) => value === undefined || value === null || String(value).trim() === "");
}

function numbers(track: ModelTrack, { name }: Field): readonly number[] {
  const { tags = {}, properties = {}, size, added, plays } = track;
  const all: Record<string, number | undefined> = {
    year: tags.year,
    decade: tags.year === undefined ? undefined : Math.floor(tags.year / 10) * 10,
    date: tags.date === undefined
      ? undefined
      : Number(tags.date.replaceAll("-", "").padEnd(8, "0")),
    track: tags.track?.no ?? undefined,
    duration: properties.duration_ms,
    bitrate: properties.bitrate,
    size,
    added,
    played: plays?.last_at,
    plays: plays?.count ?? 0,
  };
  return [all[name]].filter((it) => it !== undefined);
}

/** With swapped neighbours as one change. */
function distance(one: string, other: string): number {
  const rows: number[][] = [];
  for (let i = 0; i <= one.length; i++) {
    rows.push([]);
    for (let j = 0; j <= other.length; j++) {
      const above = (up: number, left: number) => rows[i - up]![j - left]!;
      if (i === 0 || j === 0) rows[i]!.push(i + j);
      else {
        const swap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
          ? above(2, 2) + 1
          : Infinity;
        const change = above(1, 1) + (one[i - 1] === other[j - 1] ? 0 : 1);
        rows[i]!.push(Math.min(above(1, 0) + 1, rows[i]![j - 1]! + 1, change, swap));
      }
    }
  }
  return rows[one.length]![other.length]!;
}
