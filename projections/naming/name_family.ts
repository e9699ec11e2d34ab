import { splitExtension } from "./path_segment.ts";

/** A track that wants a name in a directory. */
export interface Claim {
  readonly track: number;
  readonly wanted: string;
}

/**
 * The names that can get in each other's way: `Song.flac`, `Song (2).flac`, `Song (2) (2).flac` are of the family
 * `Song` with `.flac`. No name of one family is ever given to a track of another.
 */
export interface NameFamily {
  readonly stem: string;
  readonly extension: string;
}

const NUMBERING = /(?: \(\d+\))+$/;

/** How names compare: as they are, or (`foldCase`) without their case. */
export type NameFold = (name: string) => string;

export function familyOf(name: string, fold: NameFold): NameFamily {
  const [stem, extension] = splitExtension(fold(name));
  return { stem: stem.replace(NUMBERING, ""), extension };
}

export function sameFamily(one: NameFamily, other: NameFamily): boolean {
  return one.stem === other.stem && one.extension === other.extension;
}

/**
 * Who gets which name: in the order in which the tracks were found each gets the name it wants, or the same with
 * the first ` (2)`, ` (3)`, … that is free. `taken` are names of directories, which never give way. The answer
 * depends on who is there and not on who came and went, so a tree and its rebuild agree, and the number of a
 * duplicate goes when there is no duplicate any more.
 */
export function arrange(
  claims: readonly Claim[],
  taken: Iterable<string>,
  fold: NameFold,
): Map<number, string> {
  const used = new Set([...taken].map(fold));
  /** Where to go on looking, by wanted name: every number before is used. */
  const next = new Map<string, number>();
  const names = new Map<number, string>();
  for (const { track, wanted } of [...claims].sort((a, b) => a.track - b.track)) {
    const folded = fold(wanted);
    let number = next.get(folded) ?? 1;
    let name = numbered(wanted, number, fold);
    while (used.has(fold(name))) name = numbered(wanted, ++number, fold);
    next.set(folded, number + 1);
    used.add(fold(name));
    names.set(track, name);
  }
  return names;
}

/** The number goes before what is an extension once the name is folded: so all that a track may get is of its family. */
function numbered(wanted: string, number: number, fold: NameFold): string {
  if (number === 1) return wanted;
  const [, extension] = splitExtension(fold(wanted));
  const end = extension === "" ? wanted.length : wanted.lastIndexOf(".");
  return `${wanted.slice(0, end)} (${number})${wanted.slice(end)}`;
}
