/**
 * A library with names as real ones have them: artists of first names and surnames or of bands, titles of common and
 * of rare words. The same number always gives the same file.
 *
 * @module
 */
import type { ObservedFile } from "../../events/mod.ts";
import { FIRST_FILE_ID, toFileId } from "../../src/base/mod.ts";

const words = (text: string) => text.trim().split(/\s+/);

const FIRST = words(`
  Aaron Adele Agnes Alan Albert Alice Amanda Amy Andrew Angela Anna Anton Arthur Astrid Barbara Benjamin Bernard
  Beatrice Bill Bob Brian Bruno Camille Carla Carlos Caroline Catherine Cecilia Charles Charlotte Chris Claire Claude
  Clara Colin Cynthia Daniel David Deborah Dennis Diana Dmitri Dolores Donald Dorothy Duke Edith Eduardo Edward Eleanor
  Elena Elizabeth Ella Emily Emma Eric Erik Ernest Esther Ethan Eugene Eva Evelyn Felix Fiona Florence Frances Frank
  Franz Frederic Gabriel George Gerald Gilbert Giovanni Gloria Grace Graham Gregory Gustav Hannah Harold Harriet Harry
  Heather Hector Helen Henry Herbert Howard Hugo Ian Igor Ingrid Irene Isaac Isabel Ivan Jack Jacob James Jane Janet
  Jason Jean Jennifer Jeremy Jerome Jessica Joan Johann John Johnny Jonathan Joseph Joshua Juan Judith Julia Julian
  Karen Karl Kate Keith Kenneth Kevin Kurt Lara Laura Laurence Lawrence Leonard Leslie Lillian Linda Louis Lucas Lucia
  Lydia Magnus Marcus Margaret Maria Marianne Marie Mario Martha Martin Mary Matthew Maurice Maxwell Melissa Michael
  Michelle Miles Miranda Monica Muriel Nancy Natalie Nathan Nicholas Nicole Nina Norah Norman Oliver Olivia Oscar Otis
  Pablo Pamela Patricia Patrick Paul Penelope Peter Philip Pierre Rachel Ralph Raymond Rebecca Regina Richard Robert
  Roberta Roger Roland Ronald Rosa Rosemary Roy Rufus Russell Ruth Samuel Sandra Sarah Sebastian Serge Simon Sofia
  Stanley Stella Stephen Steven Susan Suzanne Sylvia Teresa Theodore Thomas Timothy Tobias Ursula Valerie Veronica
  Victor Victoria Vincent Violet Virginia Walter Wayne Wendy Wilhelm William Winston Yvonne Zachary Zoe`);
const LAST = words(`
  Abernathy Adams Albright Alexander Andersen Armstrong Ashworth Atkinson Bailey Baker Baldwin Barrett Bauer Beaumont
  Becker Bellamy Bennett Benson Bergman Bernstein Blackwood Blanchard Bradley Brennan Brooks Buchanan Burnett Caldwell
  Callahan Campbell Carlisle Carpenter Castellano Chamberlain Chandler Chapman Clarkson Coleman Collins Connolly
  Copeland Cornelius Crawford Cunningham Dalton Davenport Davidson Delacroix Delaney Dickinson Donovan Douglas Dubois
  Dunham Eastwood Edmonds Eklund Ellington Ellsworth Emerson Erickson Fairchild Farnsworth Fernandez Ferguson Fischer
  Fitzgerald Fletcher Fontaine Forsythe Franklin Friedman Gallagher Garrison Gershwin Gibbons Gillespie Goldberg
  Gonzales Goodwin Grantham Greenwood Griffith Gunderson Hamilton Hancock Hargrove Harrington Harrison Hathaway Hawkins
  Henderson Hendricks Hernandez Hoffman Holloway Huntington Isaksson Jablonski Jackson Jamison Jankowski Jefferson
  Jenkins Johansson Johnson Johnston Kaminski Kaufman Kavanagh Kennedy Kirkpatrick Kowalski Kristofferson Lancaster
  Langley Larsson Lawson Lebedev Leclerc Lindqvist Livingston Lombardi Longfellow Lundgren MacDonald MacKenzie Mahoney
  Mancini Marchetti Marsalis Martinez Matthews Maxwell McAllister McCartney McCormick Mendelssohn Meredith Mitchell
  Montgomery Moreau Morgenstern Morrison Mulligan Nakamura Navarro Nicholson Nightingale Norwood Obrien Oconnor
  Oldfield Oppenheimer Osborne Overstreet Palmer Parkinson Patterson Pemberton Peterson Petrov Pettersson Pickering
  Ponchielli Prescott Quincy Rademacher Ramirez Rasmussen Redfield Reinhardt Reynolds Richardson Robertson Robinson
  Rodriguez Rosenberg Rothschild Rutherford Sanderson Santiago Savoy Schneider Schubert Sheffield Sheridan Sherwood
  Silverman Simmons Sinclair Sorensen Spencer Springfield Stevenson Stravinsky Sullivan Sutherland Svensson Takahashi
  Templeton Thompson Thornton Townsend Tremblay Underwood Vanderbilt Vasquez Villanueva Wadsworth Wainwright Wakefield
  Washington Watanabe Weatherford Wellington Whitaker Whitfield Williamson Winchester Wolfgang Woodward Yamamoto
  Yardley Zimmerman`);
const ADJECTIVES = words(`
  Ancient Angry Arctic Atomic Black Blind Blue Broken Burning Crimson Crooked Crystal Dancing Dark Distant Drunken
  Eager Eastern Electric Empty Endless Fading Fallen Fearless Flaming Floating Flying Foreign Forgotten Frozen Furious
  Gentle Giant Golden Green Hidden Hollow Honest Howling Hungry Infinite Invisible Iron Laughing Lazy Little Lonely
  Lost Magnetic Midnight Modern Mystic Naked Neon Northern Paper Perfect Phantom Plastic Purple Quiet Rebel Restless
  Royal Rusty Sacred Savage Scarlet Screaming Secret Silent Silver Sleeping Smoking Solar Southern Spinning Static
  Stone Strange Stray Sudden Super Tender Thirsty Twisted Velvet Violent Wandering Western White Wicked Wild Wooden`);
const NOUNS = words(`
  Angels Apples Arrows Avenues Bandits Beggars Birds Bishops Bones Bridges Brothers Builders Butterflies Candles
  Cannons Cathedrals Cavaliers Chariots Children Circles Clouds Colours Comets Cowboys Crows Daggers Deserts Devils
  Diamonds Doctors Dolphins Dragons Dreamers Eagles Echoes Elephants Engines Feathers Fishermen Flames Flowers Forests
  Foxes Gardens Ghosts Giants Gods Hammers Harbours Hearts Heroes Highways Horizons Horses Hurricanes Islands Jackals
  Jewels Journeys Kings Kites Knights Ladders Lanterns Leopards Letters Lions Machines Magicians Marbles Mirrors Monkeys
  Moons Motels Mountains Neighbours Oceans Orchids Outlaws Owls Painters Panthers Parrots Pilgrims Pilots Pirates Planets
  Poets Prophets Pyramids Queens Rabbits Radios Ravens Rivers Robots Roses Sailors Satellites Saints Scorpions Shadows
  Shepherds Sisters Skeletons Sparrows Spiders Squirrels Stars Strangers Swallows Swans Tigers Towers Travellers
  Trumpets Tulips Turtles Vampires Violins Visitors Volcanoes Walls Whales Whispers Windows Wolves Zebras`);
const COMMON = words(`
  love the you me my of in a I to on and night is heart it be your no day time don't all we one girl baby blue what this
  way life world dream back home down song away man little never up for dance good can like little rain eyes god wild
  moon sun with from just are so go come got know want let here there now gone ever sweet fire light sky river road
  angel lost last long young old new black white red gold hold tonight forever star summer winter morning`);
const SYLLABLES = words(`
  ba be bi bo bra bri ca ce cha chi co cra da de di do dra du el en er fa fe fi flo fra ga ge glo gra ha he hi ho in ja
  ju ka ke ki la le li lo lu ma me mi mo mu na ne ni no nor o pa pe pi po pra qui ra re ri ro ru sa se sha si so sta ste
  su ta te ti to tra tri tu u va ve vi vo wa we wi xa ya za zo`);
const GENRES = words(
  "Rock Pop Jazz Classical Electronic Folk Metal Blues Soul Reggae Ambient Country",
);
const LABELS = words(
  "Elektra Parlophone Verve Decca Domino Warp Factory Chess Stax Island Capitol Atlantic",
);

export const ARTISTS = 5_000;
const TRACKS_AN_ALBUM = 12;

/** The name of artist number `i`. All below ARTISTS differ. */
export function artistName(i: number): string {
  const kind = i % 5;
  const n = Math.floor(i / 5);
  const mixed = n * 7919;
  if (kind < 3) {
    const first = FIRST[(mixed + kind * 83) % FIRST.length]!;
    return `${first} ${LAST[(n * 31 + kind * 101 + Math.floor(n / FIRST.length)) % LAST.length]!}`;
  }
  const adjective = ADJECTIVES[(mixed + kind * 17) % ADJECTIVES.length]!;
  const noun = NOUNS[(n * 13 + Math.floor(n / ADJECTIVES.length) + kind * 29) % NOUNS.length]!;
  return kind === 3 ? `The ${adjective} ${noun}` : `${adjective} ${noun}`;
}

/** A number from 0 to 1 that is the same for the same numbers. */
export function chance(...numbers: number[]): number {
  let hash = 0x811c9dc5;
  for (const number of numbers) {
    hash = Math.imul(hash ^ number, 0x01000193);
    hash = Math.imul(hash ^ hash >>> 15, 0x2c1b3c6d);
  }
  hash = Math.imul(hash ^ hash >>> 13, 0x297a2d39);
  return ((hash ^ hash >>> 16) >>> 0) / 2 ** 32;
}

function rareWord(number: number): string {
  let word = "";
  for (let rest = number + SYLLABLES.length; rest > 0; rest = Math.floor(rest / SYLLABLES.length)) {
    word += SYLLABLES[rest % SYLLABLES.length]!;
  }
  return word[0]!.toUpperCase() + word.slice(1);
}

/** Few words are frequent, many are rare. */
function titleWord(...seed: number[]): string {
  const draw = chance(...seed, 1);
  if (draw < 0.55) return COMMON[Math.floor(chance(...seed, 2) ** 2 * COMMON.length)]!;
  const rank = Math.floor(Math.exp(chance(...seed, 3) * Math.log(200_000)));
  return rareWord(rank);
}

function phrase(most: number, ...seed: number[]): string {
  const count = 1 + Math.floor(chance(...seed, 4) * most);
  const picked = Array.from({ length: count }, (_, i) => titleWord(...seed, i));
  const text = picked.join(" ");
  return text[0]!.toUpperCase() + text.slice(1);
}

/** File number `i`: 12 an album; a few artists have many albums, most have few. */
export function namedFile(i: number): ObservedFile {
  const album = Math.floor(i / TRACKS_AN_ALBUM);
  const artist = artistName(Math.floor(chance(album, 11) ** 2 * ARTISTS));
  const no = i % TRACKS_AN_ALBUM + 1;
  const year = 1955 + Math.floor(chance(album, 12) ** 0.5 * 70);
  const albumName = phrase(4, album, 13);
  const title = phrase(5, i, 14);
  const duration_ms = 90_000 + Math.floor(chance(i, 15) * 300_000);
  const isLossless = chance(album, 16) < 0.5;
  const bitrate = isLossless ? 700_000 + Math.floor(chance(i, 17) * 400_000) : 320_000;
  return {
    file: toFileId(FIRST_FILE_ID + i),
    path: `${artist}/${albumName} (${year})/${String(no).padStart(2, "0")} ${title}.flac`,
    size: Math.floor(duration_ms * bitrate / 8_000),
    mtime_s: 1_500_000_000 + album * 60 + no,
    mtime_ns: i * 1_000_003 % 1_000_000_000,
    format: isLossless ? "flac" : "mp3",
    audio: (Math.imul(i + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0").repeat(4),
    tags: {
      ...{ title, artist, artists: [artist], albumartist: artist, album: albumName, year },
      ...{ date: `${year}-01-01`, track: { no, of: TRACKS_AN_ALBUM }, disk: { no: 1, of: 1 } },
      genre: [GENRES[Math.floor(chance(album, 18) ** 2 * GENRES.length)]!],
    },
    details: { tags: { label: [LABELS[Math.floor(chance(album, 19) * LABELS.length)]!] } },
    properties: {
      ...{ codec: isLossless ? "FLAC" : "MPEG 1 Layer 3", duration_ms, bitrate },
      ...{ sample_rate: 44_100, channels: 2, bits_per_sample: 16 },
    },
  };
}
