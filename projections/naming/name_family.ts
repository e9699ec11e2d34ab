import { splitExtension } from "./path_segment.ts";

/** A track that wants a name in a directory. */
export interface Claim {
  readonly track: number;
  readonly wanted: string;
}

/**
 * The stem and extension of names that can collide: `Song.flac`, `Song (2).flac`, `Song (2) (2).flac` are of the family
 * `Song` with `.flac`. A name of one family is never given to a track of another.
 */
export interface NameFamily {
  readonly stem: string;
  readonly extension: string;
}

const NUMBERING = /(?: \(\d+\))+$/;

/** How names are compared: as they are, or (`foldCase`) regardless of case. */
export type NameFold = (name: string) => string;

export function familyOf(name: string, fold: NameFold): NameFamily {
  const [stem, extension] = splitExtension(fold(name));
  return { stem: stem.replace(NUMBERING, ""), extension };
}

export function sameFamily(one: NameFamily, other: NameFamily): boolean {
  return one.stem === other.stem && one.extension === other.extension;
}

/**
 * Gives each track a name, in the order of their numbers: the name that it wants, or that name with the first
 * number that is free: ` (2)`, ` (3)`, … `taken` are the names of directories, which never give way. The answer depends
 * on the present claims and not on former ones. So a tree and its rebuild agree, and a duplicate loses its number when
 * it is no duplicate any more.
 */
export function arrange(
  claims: readonly Claim[],
  taken: Iterable<string>,
  fold: NameFold,
): Map<number, string> {
  const given = new GivenNames(fold, taken);
  const names = new Map<number, string>();
  for (const { track, wanted } of [...claims].sort((a, b) => a.track - b.track)) {
    names.set(track, given.give(wanted));
  }
  return names;
}

/** Names that are given one after the other, each once. */
export class GivenNames {
  readonly #fold: NameFold;
  readonly #used: Set<string>;
  /** The number from which to search on, by wanted name: every lower one is used. */
  readonly #next = new Map<string, number>();

  constructor(fold: NameFold, taken: Iterable<string> = []) {
    this.#fold = fold;
    this.#used = new Set([...taken].map(fold));
  }

  /** The wanted name, or that name with the first number that is free. `isTaken` tells of further names that are not. */
  give(wanted: string, isTaken: (name: string) => boolean = () => false): string {
    const folded = this.#fold(wanted);
    let number = this.#next.get(folded) ?? 1;
    let name = numbered(wanted, number, this.#fold);
    while (this.#used.has(this.#fold(name)) || isTaken(name)) {
      name = numbered(wanted, ++number, this.#fold);
    }
    if (number > 1) this.#next.set(folded, number + 1);
    this.#used.add(this.#fold(name));
    return name;
  }
}

/** Puts the number before the extension of the folded name, so that every name a track may get is of its family. */
function numbered(wanted: string, number: number, fold: NameFold): string {
  if (number === 1) return wanted;
  const [, extension] = splitExtension(fold(wanted));
  const end = extension === "" ? wanted.length : wanted.lastIndexOf(".");
  return `${wanted.slice(0, end)} (${number})${wanted.slice(end)}`;
}
