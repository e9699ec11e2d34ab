import { splitExtension } from "./path_segment.ts";

/** The facts of a track that a path implies; absent where it implies nothing. */
export interface PathGuess {
  artist?: string;
  album?: string;
  title?: string;
  track?: number;
  disc?: number;
  year?: number;
}

export const DISC_DIRECTORY = /^(?:cd|dis[ck])[ ._-]*(\d{1,2})(?:\b.*)?$/i;
/** `1999 - Album`, `(1999) Album`, `[1999] Album`; `Album (1999)`, `Album [1999]`. */
const YEAR_FIRST = /^(?:[([]((?:19|20)\d\d)[)\]]\s*-?|((?:19|20)\d\d)\s*-)\s*(.+)$/;
const YEAR_LAST = /^(.+?)\s*[([]((?:19|20)\d\d)[)\]]$/;
/**
 * `1-01 - `, `1-01 `; `01 - `, `01. `; `01 `: a number followed by a space alone needs two digits ("7 Seconds" is a
 * title).
 */
const NUMBERINGS = [
  /^(?<disc>\d{1,2})[-.](?<track>\d\d)(?:\s*[-.)]\s*|\s+)(?<title>\S.*)$/s,
  /^(?<track>\d{1,3})\s*[-.)]\s*(?<title>[^\d\s].*)$/s,
  /^(?<track>\d{1,3})\s+-\s+(?<title>\S.*)$/s,
  /^(?<track>\d\d)\s+(?<title>\S.*)$/s,
];
const DASH = /\s+[-\u2013\u2014]\s+/;

/**
 * Reads a path (relative to its origin) the way people name music files:
 *
 *     Artist/Album/NN - Title.ext          Artist/(YYYY) Album/NN. Title.ext
 *     Artist/Album/CD2/NN Title.ext        Artist - Album/NN Title.ext
 *     Artist - Title.ext                   NN - Artist - Title.ext
 *     Artist - Album - NN - Title.ext      Artist/Title.ext
 *
 * The title is always there: in the worst case it is the file's own name.
 */
export function guessFromPath(path: string): PathGuess {
  const segments = path.split("/");
  const guess = guessFromName(segments.pop() ?? "");
  const directories = segments.map(spaced).filter((name) => name !== "");
  const disc = DISC_DIRECTORY.exec(directories.at(-1) ?? "");
  if (disc && directories.length > 1) {
    guess.disc = Number(disc[1]);
    directories.pop();
  }
  return { ...guess, ...guessFromDirectories(directories) };
}

/** The disc number that the directory of a file names: 1 for `Album/CD1/01.flac`. */
export function discOfDirectory(path: string): number | undefined {
  const directory = path.split("/").at(-2);
  const disc = directory === undefined ? null : DISC_DIRECTORY.exec(spaced(directory));
  return disc === null ? undefined : Number(disc[1]);
}

function guessFromName(name: string): PathGuess {
  const guess: PathGuess = {};
  let title = spaced(splitExtension(name)[0]);
  const numbering = NUMBERINGS.map((form) => form.exec(title)?.groups).find((it) => it);
  if (numbering) {
    if (numbering["disc"] !== undefined) guess.disc = Number(numbering["disc"]);
    guess.track = Number(numbering["track"]);
    title = numbering["title"]!;
  }
  const parts = title.split(DASH);
  if (parts.length === 4 && /^\d{1,3}$/.test(parts[2]!)) {
    guess.artist = parts[0]!;
    guess.album = parts[1]!;
    guess.track = Number(parts[2]);
    title = parts[3]!;
  } else if (parts.length > 1 && parts[0] !== "") {
    guess.artist = parts[0]!;
    title = title.slice(title.search(DASH)).replace(DASH, "");
  }
  guess.title = title;
  return guess;
}

/** A guess from the directories replaces one from the file name: directories hold a whole album. */
function guessFromDirectories(directories: string[]): PathGuess {
  const last = directories.at(-1);
  if (last === undefined) return {};
  const { name, year } = withoutYear(last);
  const guess: PathGuess = year === undefined ? {} : { year };
  const parts = name.split(DASH);
  if (directories.length > 1) {
    guess.artist = directories.at(-2)!;
    guess.album = parts.length > 1 && parts[0]!.toLowerCase() === guess.artist.toLowerCase()
      ? parts.slice(1).join(" - ")
      : name;
  } else if (parts.length > 1) {
    guess.artist = parts[0]!;
    const rest = withoutYear(parts.slice(1).join(" - "));
    guess.album = rest.name;
    if (rest.year !== undefined) guess.year = rest.year;
  } else {
    guess.artist = name;
  }
  return guess;
}

function withoutYear(name: string): { name: string; year?: number } {
  const first = YEAR_FIRST.exec(name);
  if (first) return { name: first[3]!, year: Number(first[1] ?? first[2]) };
  const last = YEAR_LAST.exec(name);
  return last ? { name: last[1]!, year: Number(last[2]) } : { name };
}

/** Replaces underscores by spaces in a name without spaces: some systems wrote every space as an underscore. */
function spaced(name: string): string {
  return (name.includes(" ") ? name : name.replaceAll("_", " ")).trim();
}
