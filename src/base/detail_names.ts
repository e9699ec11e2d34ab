/**
 * The names of a file's further tags, beside those that place it in the tree, with the kind of their values. The
 * names are those of music-metadata's common tags. A template may name any of them.
 *
 * @module
 */
export type DetailKind = "text" | "list" | "number" | "share" | "flag";

const NAMES: Readonly<Record<DetailKind, string>> = {
  text:
    `albumsort titlesort artistsort albumartistsort composersort originaldate releasedate work grouping
    discsubtitle mood media key language script copyright license encodedby encodersettings barcode asin
    releasestatus releasecountry musicbrainz_recordingid musicbrainz_trackid musicbrainz_albumid
    musicbrainz_releasegroupid musicbrainz_workid musicbrainz_trmid musicbrainz_discid acoustid_id
    acoustid_fingerprint musicip_puid musicip_fingerprint website originalalbum originalartist tvShow tvShowSort
    tvEpisodeId tvNetwork podcastId podcasturl longDescription movement replaygain_track_minmax
    replaygain_album_minmax replaygain_undo`,
  list:
    `albumartists comment lyrics lyricist writer conductor remixer arranger engineer producer technician djmixer
    mixer label subtitle catalognumber isrc releasetype musicbrainz_artistid musicbrainz_albumartistid
    performer:instrument notes description category keywords discogs_artist_id`,
  number: `originalyear bpm tvSeason tvEpisode stik hdVideo discogs_release_id discogs_label_id
    discogs_master_release_id discogs_votes discogs_rating movementIndex movementTotal playCounter
    replaygain_track_gain replaygain_track_peak replaygain_album_gain replaygain_album_peak`,
  share: "rating",
  flag: "gapless podcast showMovement",
};

/** Each tag's kind by its name. Gains are in dB, a rating is from 0 to 1. */
export const DETAIL_KINDS: ReadonlyMap<string, DetailKind> = new Map(
  (Object.entries(NAMES) as [DetailKind, string][]).flatMap(([kind, names]) =>
    names.split(/\s+/).map((name): [string, DetailKind] => [name, kind])
  ),
);
