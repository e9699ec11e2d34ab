/**
 * The common names of the fields of each kind of tag, which are those of music-metadata's common tags. When several
 * fields mean one thing, the first in these lists counts.
 *
 * @module
 */
import type { TagField, TagKind } from "../../formats/mod.ts";

/** A field's common name, and its rank among fields of the same name: the lowest counts. */
export interface CommonName {
  readonly common: string;
  readonly rank: number;
}

/** Common names, each with its names in files, the preferred one first. */
type Names = Readonly<Record<string, string>>;

/**
 * Names that people and programs choose freely: in Vorbis comments, APE items, ID3v2's TXXX, and the own fields of
 * MP4 and ASF. They are compared without case, spaces and signs: `ALBUM ARTIST`, `Album_Artist` and `albumartist` are
 * one.
 */
const FREE: Names = {
  title: "title",
  artist: "artist author",
  artists: "artists",
  albumartist: "albumartist band ensemble",
  albumartists: "albumartists",
  album: "album albumtitle",
  date: "date",
  year: "year",
  originaldate: "originaldate origdate originalreleasetime",
  originalyear: "originalyear origyear originalreleaseyear",
  releasedate: "releasedate releasetime",
  comment: "comment comments",
  track: "tracknumber track trackno tracknum",
  totaltracks: "tracktotal totaltracks trackc trackcount",
  disk: "discnumber disknumber disc disk discno partofset",
  totaldiscs: "disctotal totaldiscs discc disccount disktotal totaldisks",
  genre: "genre",
  composer: "composer",
  lyrics: "lyrics unsyncedlyrics unsynchronisedlyrics unsynchronizedlyrics",
  albumsort: "albumsort albumsortorder sortalbum",
  titlesort: "titlesort titlesortorder sorttitle sortname",
  artistsort: "artistsort artistsortorder sortartist",
  albumartistsort: "albumartistsort albumartistsortorder sortalbumartist",
  composersort: "composersort composersortorder sortcomposer",
  work: "work",
  lyricist: "lyricist",
  writer: "writer",
  conductor: "conductor",
  "performer:instrument": "performer performers",
  remixer: "remixer mixartist modifiedby",
  arranger: "arranger",
  engineer: "engineer",
  producer: "producer",
  technician: "technician",
  djmixer: "djmixer",
  mixer: "mixer",
  label: "label organization organisation publisher",
  grouping: "grouping contentgroup contentgroupdescription",
  subtitle: "subtitle",
  discsubtitle: "discsubtitle setsubtitle",
  compilation: "compilation itunescompilation iscompilation",
  rating: "rating shareduserrating popularimeter",
  bpm: "bpm beatsperminute tempo",
  mood: "mood",
  media: "media mediatype sourcemedia",
  catalognumber: "catalognumber catalogno catalogid catalog labelno discogscatalog",
  releasestatus: "releasestatus musicbrainzalbumstatus",
  releasetype: "releasetype musicbrainzalbumtype",
  releasecountry: "releasecountry musicbrainzalbumreleasecountry country discogscountry",
  script: "script",
  language: "language",
  copyright: "copyright",
  license: "license licence",
  encodedby: "encodedby",
  encodersettings: "encodersettings encodingsettings encoder encoderoptions",
  barcode: "barcode upc ean",
  isrc: "isrc",
  asin: "asin",
  key: "key initialkey",
  originalalbum: "originalalbum",
  originalartist: "originalartist",
  musicbrainz_recordingid: "musicbrainztrackid musicbrainzrecordingid",
  musicbrainz_trackid: "musicbrainzreleasetrackid",
  musicbrainz_albumid: "musicbrainzalbumid musicbrainzreleaseid",
  musicbrainz_artistid: "musicbrainzartistid",
  musicbrainz_albumartistid: "musicbrainzalbumartistid",
  musicbrainz_releasegroupid: "musicbrainzreleasegroupid",
  musicbrainz_workid: "musicbrainzworkid",
  musicbrainz_trmid: "musicbrainztrmid",
  musicbrainz_discid: "musicbrainzdiscid",
  acoustid_id: "acoustidid",
  acoustid_fingerprint: "acoustidfingerprint acoustididfingerprint",
  musicip_puid: "musicippuid",
  musicip_fingerprint: "musicmagicfingerprint fingerprint",
  website: "website weblink authorurl url",
  notes: "notes",
  discogs_artist_id: "discogsartistid",
  discogs_release_id: "discogsreleaseid",
  discogs_label_id: "discogslabelid",
  discogs_master_release_id: "discogsmasterreleaseid",
  discogs_votes: "discogsvotes",
  discogs_rating: "discogsrating",
  replaygain_track_gain: "replaygaintrackgain",
  replaygain_track_peak: "replaygaintrackpeak",
  replaygain_album_gain: "replaygainalbumgain",
  replaygain_album_peak: "replaygainalbumpeak",
  replaygain_track_minmax: "mp3gainminmax replaygainminmax replaygaintrackminmax",
  replaygain_album_minmax: "mp3gainalbumminmax replaygainalbumminmax",
  replaygain_undo: "mp3gainundo replaygainundo",
  description: "description",
  longDescription: "longdescription synopsis",
  category: "category",
  keywords: "keywords",
  movement: "movement movementname",
  movementIndex: "movementnumber movementindex",
  movementTotal: "movementtotal movementcount",
  showMovement: "showmovement showworkmovement",
  podcast: "podcast itunespodcast",
  podcasturl: "podcasturl",
  podcastId: "podcastid",
  tvShow: "tvshow",
  tvSeason: "tvseason",
  tvEpisode: "tvepisode",
  gapless: "gapless itunesgapless itunpgap",
  playCounter: "playcounter playcount",
};

/** Frames of ID3v2 under their names in 2.3 and 2.4. Roles of TIPL and IPLS stand after a colon. */
const ID3: Names = {
  title: "TIT2",
  artist: "TPE1",
  albumartist: "TPE2",
  album: "TALB",
  date: "TDRC TYER",
  track: "TRCK",
  disk: "TPOS",
  genre: "TCON",
  composer: "TCOM",
  compilation: "TCMP",
  comment: "COMM",
  lyrics: "USLT",
  originaldate: "TDOR",
  originalyear: "TORY",
  releasedate: "TDRL",
  albumsort: "TSOA",
  titlesort: "TSOT",
  artistsort: "TSOP",
  albumartistsort: "TSO2",
  composersort: "TSOC",
  originalalbum: "TOAL",
  originalartist: "TOPE",
  lyricist: "TEXT",
  conductor: "TPE3",
  remixer: "TPE4",
  "performer:instrument": "TMCL",
  arranger: "TIPL:arranger",
  engineer: "TIPL:engineer",
  producer: "TIPL:producer",
  djmixer: "TIPL:DJ-mix",
  mixer: "TIPL:mix",
  label: "TPUB",
  grouping: "GRP1 TIT1",
  subtitle: "TIT3",
  discsubtitle: "TSST",
  rating: "POPM",
  playCounter: "PCNT",
  bpm: "TBPM",
  mood: "TMOO",
  media: "TMED",
  key: "TKEY",
  language: "TLAN",
  copyright: "TCOP",
  license: "WCOP",
  website: "WOAR",
  encodedby: "TENC",
  encodersettings: "TSSE",
  isrc: "TSRC",
  movement: "MVNM",
  movementIndex: "MVIN",
  podcast: "PCST",
  podcasturl: "WFED",
  podcastId: "TGID",
  category: "TCAT",
  description: "TDES",
  keywords: "TKWD",
  musicbrainz_recordingid: "UFID:http://musicbrainz.org",
  replaygain_track_gain: "RVA2:track",
  replaygain_album_gain: "RVA2:album",
  gapless: "COMM:iTunPGAP",
};

const MP4: Names = {
  title: "\xa9nam",
  artist: "\xa9ART",
  albumartist: "aART",
  album: "\xa9alb",
  date: "\xa9day",
  track: "trkn \xa9trk",
  disk: "disk",
  genre: "\xa9gen gnre",
  composer: "\xa9wrt \xa9com",
  compilation: "cpil",
  comment: "\xa9cmt",
  lyrics: "\xa9lyr",
  albumsort: "soal",
  titlesort: "sonm",
  artistsort: "soar",
  albumartistsort: "soaa",
  composersort: "soco",
  grouping: "\xa9grp",
  label: "\xa9pub \xa9lab",
  conductor: "\xa9con",
  arranger: "\xa9arg",
  producer: "\xa9prd",
  bpm: "tmpo",
  copyright: "cprt \xa9cpy",
  encodersettings: "\xa9too",
  encodedby: "\xa9enc",
  gapless: "pgap",
  podcast: "pcst",
  podcasturl: "purl",
  podcastId: "egid",
  category: "catg",
  keywords: "keyw",
  description: "desc",
  longDescription: "ldes",
  tvShow: "tvsh",
  tvShowSort: "sosn",
  tvSeason: "tvsn",
  tvEpisode: "tves",
  tvEpisodeId: "tven",
  tvNetwork: "tvnn",
  hdVideo: "hdvd",
  stik: "stik",
  movement: "\xa9mvn",
  movementIndex: "\xa9mvi",
  movementTotal: "\xa9mvc",
  showMovement: "shwm",
  work: "\xa9wrk",
  rating: "rate",
  "performer:instrument": "\xa9prf",
};

const ASF: Names = {
  title: "Title",
  artist: "Author",
  date: "WM/Year",
  comment: "Description",
  lyricist: "WM/Writer",
};

const RIFF: Names = {
  title: "INAM TITL",
  artist: "IART",
  album: "IPRD IRPD",
  date: "ICRD bext:origination_date",
  year: "YEAR",
  track: "ITRK IPRT TRCK",
  genre: "IGNR GNRE",
  comment: "ICMT COMM",
  composer: "IMUS",
  writer: "IWRI",
  engineer: "IENG",
  producer: "IPRO",
  technician: "ITCH",
  media: "IMED",
  copyright: "ICOP",
  encodersettings: "ISFT",
  encodedby: "CODE",
  website: "TURL",
  releasecountry: "ICNT",
  language: "ILNG",
  keywords: "IKEY",
  subtitle: "ISBJ",
  rating: "RATE",
  description: "bext:description",
};

const AIFF: Names = { title: "NAME", artist: "AUTH", copyright: "(c) ", comment: "ANNO" };

/** Fields of Matroska, with the target before the colon: some apply to the album, others to the track. */
const MATROSKA: Names = {
  title: "track:TITLE segment:title",
  artist: "track:ARTIST",
  albumartist: "album:ARTIST track:ALBUM_ARTIST",
  albumartistsort: "album:ARTISTSORT album:SORT_WITH",
  album: "album:TITLE track:ALBUM",
  date: "album:DATE_RELEASED track:DATE_RELEASED album:DATE_RECORDED track:DATE_RECORDED",
  track: "track:PART_NUMBER",
  totaltracks: "album:TOTAL_PARTS",
  disk: "part:PART_NUMBER album:PART_NUMBER",
  totaldiscs: "edition:TOTAL_PARTS",
  label: "album:PUBLISHER track:PUBLISHER album:LABEL",
};

const byKind: Readonly<Record<TagKind, ReadonlyMap<string, CommonName>>> = {
  ID3v2: inverted(ID3, (name) => name.toUpperCase()),
  ID3v1: inverted({
    ...{ title: "title", artist: "artist", album: "album", date: "year", comment: "comment" },
    ...{ track: "track", genre: "genre" },
  }),
  APEv2: inverted({ date: "year" }),
  vorbis: inverted({ comment: "comment description" }),
  MP4: inverted(MP4),
  ASF: inverted(ASF),
  RIFF: inverted(RIFF),
  AIFF: new Map(Object.entries(AIFF).map(([common, name]) => [name, { common, rank: 0 }])),
  Matroska: inverted(MATROSKA),
};

/** Free fields rank behind the format's own. */
const FREE_RANK = 100;
const free = inverted(FREE, undefined, FREE_RANK);

/** The common name of a field; undefined when it has none. */
export function commonName(kind: TagKind, { name }: TagField): CommonName | undefined {
  const table = byKind[kind];
  switch (kind) {
    case "vorbis":
    case "APEv2":
      return table.get(name.toLowerCase()) ?? freeName(name);
    case "ID3v2":
      if (name.startsWith("TXXX:")) return freeName(name.slice(5));
      return table.get(name.toUpperCase());
    case "MP4":
      if (name.includes(".") || name.startsWith("----:")) {
        return freeName(name.slice(Math.max(name.lastIndexOf(":"), name.lastIndexOf(".")) + 1));
      }
      return table.get(name) ?? (name.length > 4 ? freeName(name) : undefined);
    case "ASF":
      return table.get(name) ?? freeName(name.startsWith("WM/") ? name.slice(3) : name);
    case "Matroska":
      return table.get(name) ?? freeName(name.slice(name.indexOf(":") + 1));
    default:
      return table.get(name);
  }
}

/** Every common name that some field has. */
export function commonNames(): Set<string> {
  const tables = [...Object.values(byKind), free];
  return new Set(tables.flatMap((table) => [...table.values()].map(({ common }) => common)));
}

function freeName(name: string): CommonName | undefined {
  return free.get(name.toLowerCase().replace(/[^a-z0-9]/g, ""));
}

function inverted(
  names: Names,
  asWritten: (name: string) => string = (name) => name,
  rankFrom = 0,
): Map<string, CommonName> {
  const map = new Map<string, CommonName>();
  for (const [common, aliases] of Object.entries(names)) {
    for (const [i, alias] of aliases.split(" ").entries()) {
      map.set(asWritten(alias), { common, rank: rankFrom + i });
    }
  }
  return map;
}
