import { foldCase } from "../../src/base/mod.ts";

/** A collection that is always there. */
export interface BuiltInCollection {
  readonly name: string;
  /** The text of its query; null for the tracks of which the sound is there more than once. */
  readonly query: string | null;
}

const ALWAYS: readonly BuiltInCollection[] = [
  { name: "Recently Added", query: "added:<30d sort:-added" },
  { name: "Recently Played", query: "played:<7d sort:-played" },
  { name: "Most Played", query: "plays:>0 sort:-plays limit:100" },
  { name: "Never Played", query: "played:never" },
  { name: "Duplicates", query: null },
];

const KEPT_NAMES = new Set(ALWAYS.map(({ name }) => foldCase(name)));
const DECADE = /^[0-9]{1,3}0s$/i;

/** The collections that a library with music of these decades (1960, 1970, ...) has by itself. */
export function builtInCollections(decades: readonly number[]): readonly BuiltInCollection[] {
  return [
    ...ALWAYS,
    ...decades.map((year) => ({ name: decadeName(year), query: `year:${year}..${year + 9}` })),
  ];
}

/** Whether no other collection may have the name: one of them has it, or has it once there is music of that decade. */
export function isBuiltInName(name: string): boolean {
  return KEPT_NAMES.has(foldCase(name)) || DECADE.test(name);
}

/** As people say it: `60s` and `90s`; but `1910s` and `2010s`, which are too long ago or too near to be left at that. */
function decadeName(year: number): string {
  return `${year >= 1930 && year < 2000 ? year % 100 : year}s`;
}
