import type { ICommonTagsResult, IFormat } from "music-metadata";
import type { AudioProperties, TrackTags } from "../../events/file_events.ts";

/** Longest text and longest list that is kept of one tag: more is a mistake or an attack. */
const TEXT_LENGTH_MAX = 1024;
const LIST_LENGTH_MAX = 64;
const NUMBER_MAX = 100_000;
const YEAR_MAX = 9_999;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The tags that are shown, without what programs leave in them: padding, NULs, absurd numbers. */
export function cleanTags(common: Partial<ICommonTagsResult>): TrackTags {
  const tags: Writable<TrackTags> = {};
  const title = text(common.title);
  const artist = text(common.artist);
  const albumartist = text(common.albumartist);
  const album = text(common.album);
  const date = text(common.date);
  const artists = list(common.artists);
  const genre = list(common.genre);
  const composer = list(common.composer);
  if (title !== undefined) tags.title = title;
  if (artist !== undefined) tags.artist = artist;
  if (artists !== undefined && (artists.length > 1 || artists[0] !== artist)) {
    tags.artists = artists;
  }
  if (albumartist !== undefined) tags.albumartist = albumartist;
  if (album !== undefined) tags.album = album;
  const track = position(common.track);
  const disk = position(common.disk);
  if (track !== undefined) tags.track = track;
  if (disk !== undefined) tags.disk = disk;
  const year = integer(common.year, YEAR_MAX);
  if (year !== null && year > 0) tags.year = year;
  if (date !== undefined) tags.date = date;
  if (genre !== undefined) tags.genre = genre;
  if (composer !== undefined) tags.composer = composer;
  if (common.compilation === true) tags.compilation = true;
  return tags;
}

/** What the container says about the sound, where it says something possible. */
export function cleanProperties(format: Partial<IFormat>): AudioProperties {
  const properties: Writable<AudioProperties> = {};
  const codec = text(format.codec);
  const duration = amount(format.duration, 1000);
  const bitrate = amount(format.bitrate);
  const sampleRate = amount(format.sampleRate);
  const channels = amount(format.numberOfChannels);
  const bits = amount(format.bitsPerSample);
  if (codec !== undefined) properties.codec = codec;
  if (duration !== undefined) properties.duration_ms = duration;
  if (bitrate !== undefined) properties.bitrate = bitrate;
  if (sampleRate !== undefined) properties.sample_rate = sampleRate;
  if (channels !== undefined) properties.channels = channels;
  if (bits !== undefined) properties.bits_per_sample = bits;
  return properties;
}

/** Text up to its first NUL, trimmed, as whole characters; undefined when nothing is left. */
function text(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  let clean = value.trim();
  if (clean.includes("\0")) clean = clean.replace(/^\0+/, "").split("\0", 1)[0]!.trim();
  if (clean.length > TEXT_LENGTH_MAX) clean = clean.slice(0, TEXT_LENGTH_MAX);
  clean = clean.toWellFormed();
  return clean === "" ? undefined : clean;
}

function list(values: unknown): string[] | undefined {
  if (!Array.isArray(values)) return undefined;
  const clean: string[] = [];
  for (const value of values.slice(0, LIST_LENGTH_MAX)) {
    const item = text(value);
    if (item !== undefined && !clean.includes(item)) clean.push(item);
  }
  return clean.length === 0 ? undefined : clean;
}

function position(
  value: { no: number | null; of: number | null } | undefined,
): { no: number | null; of: number | null } | undefined {
  if (value === undefined) return undefined;
  const [no, of] = [integer(value.no, NUMBER_MAX), integer(value.of, NUMBER_MAX)];
  return no === null && of === null ? undefined : { no, of };
}

function integer(value: unknown, max: number): number | null {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max
    ? value as number
    : null;
}

/** A positive finite number, rounded, in units of 1/`scale`. */
function amount(value: unknown, scale: number = 1): number | undefined {
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) return undefined;
  const rounded = Math.round(value * scale);
  return Number.isSafeInteger(rounded) ? rounded : undefined;
}
