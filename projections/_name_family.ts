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

export function familyOf(name: string): NameFamily {
  const [stem, extension] = splitExtension(name);
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
export function arrange(claims: readonly Claim[], taken: ReadonlySet<string>): Map<number, string> {
  const used = new Set(taken);
  /** Where to go on looking, by wanted name: every number before is used. */
  const next = new Map<string, number>();
  const names = new Map<number, string>();
  for (const { track, wanted } of [...claims].sort((a, b) => a.track - b.track)) {
    let number = next.get(wanted) ?? 1;
    let name = numbered(wanted, number);
    while (used.has(name)) name = numbered(wanted, ++number);
    next.set(wanted, number + 1);
    used.add(name);
    names.set(track, name);
  }
  return names;
}

function numbered(wanted: string, number: number): string {
  if (number === 1) return wanted;
  const [stem, extension] = splitExtension(wanted);
  return `${stem} (${number})${extension}`;
}
