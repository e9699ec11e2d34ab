import { misspelled } from "../support/misspelling.ts";
import { chance, namedFile } from "../support/named_library.ts";
import type { BareQuery } from "./bare_fts5.ts";

/** What a person looks for, in the language of MusicFS, and as FTS5 alone and beets would be asked for it. */
export interface MixedQuery {
  readonly text: string;
  readonly bare: BareQuery;
  /** Arguments of `beet ls`; null where beets, which knows no limit, would list most of the library. */
  readonly beets: readonly string[] | null;
}

/**
 * `count` queries for tracks of a library with so many of the named files: words, beginnings, artists, fields, ranges,
 * misspelled names, phrases. The same seed gives the same queries.
 */
export function mixedQueries(tracks: number, count: number, seed: number): MixedQuery[] {
  return Array.from({ length: count }, (_, i) => {
    const kinds = kindsOf(tracks, i, seed);
    return kinds[i % kinds.length]!;
  });
}

function kindsOf(tracks: number, i: number, seed: number): MixedQuery[] {
  const { tags } = namedFile(Math.floor(chance(i, seed) * tracks));
  const title = tags!.title!.split(" ");
  const artist = tags!.artist!.toLowerCase();
  const surname = artist.split(" ").at(-1)!;
  const year = tags!.year!;
  const genre = tags!.genre![0]!;
  const word = title[Math.floor(chance(i, seed, 1) * title.length)]!.replace(/\W/g, "") || "love";
  const beginning = word.slice(0, 1 + Math.floor(chance(i, seed, 2) * 3));
  const mistaken = misspelled(artist, seed + i);
  const phrase = title.slice(0, 2).join(" ");
  const all = { match: null, where: "", values: [], order: "rowid" };
  const matching = (match: string, more: Partial<BareQuery> = {}): BareQuery => ({
    ...all,
    ...{ match, order: "rank" },
    ...more,
  });
  return [
    { text: word, bare: matching(words(word)), beets: [word] },
    {
      text: `${surname} ${word}`,
      bare: matching(words(`${surname} ${word}`)),
      beets: [surname, word],
    },
    { text: beginning, bare: matching(words(beginning)), beets: null },
    { text: artist, bare: matching(words(artist)), beets: artist.split(" ") },
    {
      text: `artist:${surname} title:${word}`,
      bare: matching(`artist : "${surname}" AND title : "${word}"`),
      beets: [`artist:${surname}`, `title:${word}`],
    },
    {
      text: `genre:${genre} year:${year - 4}..${year + 4}`,
      bare: matching(`genre : "${genre}"`, {
        ...{ where: "year BETWEEN ? AND ?", values: [year - 4, year + 4] },
      }),
      beets: [`genre:${genre}`, `year:${year - 4}..${year + 4}`],
    },
    {
      text: `${word} year:>${year}`,
      bare: matching(words(word), { where: "year > ?", values: [year] }),
      beets: [word, `year:${year + 1}..`],
    },
    {
      text: "duration:<3m bitrate:>320k",
      bare: { ...all, where: "duration_ms < ? AND bitrate > ?", values: [180_000, 320_000] },
      beets: null,
    },
    {
      text: `genre:${genre} sort:-year limit:50`,
      bare: matching(`genre : "${genre}"`, { order: "year DESC" }),
      beets: [`genre:${genre}`, "year-"],
    },
    { text: mistaken, bare: matching(words(mistaken)), beets: mistaken.split(" ") },
    { text: `"${phrase}"`, bare: matching(`"${phrase}"`), beets: [phrase] },
    {
      text: `${word} -genre:rock`,
      bare: matching(`(${words(word)}) NOT genre : "rock"`),
      beets: [word, "^genre:rock"],
    },
  ];
}

/** All of the words, of which the last may be a beginning. */
function words(text: string): string {
  return text.split(" ").map((word) => `"${word}"`).join(" AND ") + " *";
}
