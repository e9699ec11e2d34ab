/**
 * The words that generated libraries are made of, and odd names as real libraries hold them: other scripts, letters
 * with marks in both normal forms, slashes, leading dots, quotes.
 *
 * @module
 */

const ADJECTIVES =
  "Amber Blind Broken Cold Crimson Distant Electric Empty Faded Golden Hollow Iron Little Lonely Midnight Northern Paper Quiet Restless Silver Slow Sunken Velvet Violet Wandering White Wild Winter Wooden Young"
    .split(" ");
const NOUNS =
  "Anchors Birds Bridges Cities Clocks Dancers Engines Ghosts Gardens Harbours Horses Islands Kites Lanterns Letters Machines Mirrors Mountains Oceans Pilots Rivers Roads Rooms Satellites Shadows Signals Stations Strangers Thieves Trains Wolves Windows"
    .split(" ");
const FIRST_NAMES =
  "Ada Agnes Boris Carla Dario Elena Felix Greta Hugo Ines Jonas Karla Leon Mara Nils Olga Paul Rosa Sven Tilda Viktor Yara"
    .split(" ");
const LAST_NAMES =
  "Abel Brandt Castell Duarte Ekberg Falk Grimm Holm Ivers Jansen Kovar Lindqvist Moreau Novak Okafor Petrov Quist Rossi Saar Torres Voss Weber"
    .split(" ");
const TITLE_STARTS =
  "After All Before Beneath Beyond Every Follow For Into Leaving Like No Not One Over Return Some Still This Under Until When Without"
    .split(" ");
const TITLE_ENDS =
  "the Rain|the Night|You Go|a Storm|Tomorrow|the Border|the Fire|Home|the Line|Nothing|the Sea|My Window|the Day|Silence|Love|the Stars|a Name|Berlin|the Wire|Sleep"
    .split("|");
const GENRES =
  "Rock|Jazz|Electronic|Classical|Folk|Hip-Hop|Metal|Ambient|Soul|Punk|Reggae|Soundtrack".split(
    "|",
  );

/** Artists whose names a file system must treat with care. */
const ODD_ARTISTS = [
  "Björn Sæther",
  "Beyonce\u0301 Ame\u0301lie",
  "北風楽団",
  "Сергей Волков",
  "Ορφέας & Μούσες",
  "AM/FM",
  "...and the Echoes",
  'The "Quotes"',
  "Motörzug",
  "이슬비",
  "L'Été Indien",
  "What? Never!",
];

const ODD_ALBUMS = ["Live @ Zürich 12/08", "Ω", "???", "No. 5: (Deluxe Edition) [Remastered]"];

type Random = (below: number) => number;

function pick(words: readonly string[], random: Random): string {
  return words[random(words.length)]!;
}

/** The name of the artist with this number. Every sixth is an odd one, while those last. */
export function artistName(number: number, random: Random): string {
  const odd = number % 6 === 2 ? ODD_ARTISTS[(number - 2) / 6] : undefined;
  if (odd !== undefined) return odd;
  if (number % 3 === 0) return `${pick(FIRST_NAMES, random)} ${pick(LAST_NAMES, random)}`;
  return `${number % 2 === 0 ? "The " : ""}${pick(ADJECTIVES, random)} ${pick(NOUNS, random)}`;
}

export function personName(random: Random): string {
  return `${pick(FIRST_NAMES, random)} ${pick(LAST_NAMES, random)}`;
}

export function albumTitle(random: Random): string {
  if (random(20) === 0) return pick(ODD_ALBUMS, random);
  return random(3) === 0
    ? pick(NOUNS, random)
    : `${pick(ADJECTIVES, random)} ${pick(NOUNS, random)}`;
}

/** A title. The lists are so short that titles repeat: on other albums, and now and then on the same one. */
export function trackTitle(random: Random): string {
  return `${pick(TITLE_STARTS, random)} ${pick(TITLE_ENDS, random)}`;
}

export function genreName(random: Random): string {
  return pick(GENRES, random);
}
