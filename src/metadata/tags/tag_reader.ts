import { type IAudioMetadata, parseFromTokenizer } from "music-metadata";
import type {
  AudioFormat,
  AudioProperties,
  FileDetails,
  TrackTags,
  UnreadableKind,
} from "../../../events/facts/files.ts";
import { extensionOf, messageOf } from "../../base/mod.ts";
import { DEFAULT_ENCODING, flacSound, TextReader } from "../../formats/mod.ts";
import { shareTagMaps } from "./_shared_tag_maps.ts";
import { audioIdentity } from "../sound/audio_identity.ts";
import { type AudioRegion, audioRegion, endOfAudio, flacFramesAt } from "../sound/audio_region.ts";
import { cleanProperties } from "./clean_properties.ts";
import { commonTags } from "./common_tags.ts";
import { embeddedTags } from "./embedded_tags.ts";
import { PARSER_EXTENSION } from "../sound/formats.ts";
import { oggEnd } from "../sound/ogg_end.ts";
import { isOutOfMemory } from "../parser/out_of_memory.ts";
import { sniff, type Sniffed } from "../sound/sniff.ts";
import { flacSamples } from "../sound/flac_samples.ts";
import { soundOf } from "../sound/sound_of.ts";
import type { SparseBytes } from "../bytes/sparse_bytes.ts";
import { SparseTokenizer } from "../bytes/sparse_tokenizer.ts";

/** What a file says about itself: `format` and the rest, or why there is no track in it. */
export interface TagReading {
  readonly format?: AudioFormat;
  readonly audio?: string;
  /** The range of the sound in bytes, for formats in which retagging leaves that part alone. */
  readonly audio_start?: number;
  readonly audio_end?: number;
  readonly tags?: TrackTags;
  readonly details?: FileDetails;
  readonly properties?: AudioProperties;
  readonly unreadable?: string;
  /** {@link TAG_READER_VERSION} of the reader that looked at the bytes. */
  readonly reader?: number;
  /** `format` when absent. */
  readonly unreadable_kind?: UnreadableKind;
}

type Tokenizer = Parameters<typeof parseFromTokenizer>[0];
type Metadata = Pick<IAudioMetadata, "format">;

/** Formats that are known by their beginning: a track without tags and figures is placed by its path. */
const UNREAD: ReadonlySet<AudioFormat> = new Set<AudioFormat>([
  ...[
    "tta",
    "tak",
    "ac3",
    "eac3",
    "dts",
    "shn",
    "mod",
    "xm",
    "it",
    "s3m",
    "mtm",
    "stm",
    "med",
  ] as const,
  ...["okt", "669", "ult", "far", "ptm"] as const,
]);
/** Extensions of files that may be films as well. */
const FILMS: ReadonlySet<string> = new Set(["mp4", "webm"]);
const NOTHING = { format: {} } as Metadata;

await shareTagMaps();

/** What music-metadata found, and why it stopped. */
interface Parsed {
  readonly metadata: Metadata;
  readonly error?: unknown;
}

export interface TagOptions {
  /**
   * Whether to read the end of a file even when its format needs that only for `audio_end`: a local FLAC is known by
   * its head, and the end of its sound is of no use.
   */
  readonly looksAtEnd: boolean;
  /** The encoding of text that does not name its own: a label of TextDecoder, Latin-1 when absent. */
  readonly encoding?: string;
}

/**
 * Counts up when the same bytes give other tags, other details or another verdict than before. Files that an older
 * reader read are read again after the next scan, at a slow pace. 0 stands for readers that told no version.
 */
export const TAG_READER_VERSION = 3;

/** Reads tags, properties, and the identity and range of the sound. Rejects only when the bytes can't be read. */
export async function readTags(
  bytes: SparseBytes,
  name: string,
  options: TagOptions,
): Promise<TagReading> {
  return { ...await read(bytes, name, options), reader: TAG_READER_VERSION };
}

async function read(
  bytes: SparseBytes,
  name: string,
  { looksAtEnd, encoding = DEFAULT_ENCODING }: TagOptions,
): Promise<TagReading> {
  if (bytes.size === 0) return { unreadable: "Empty file" };
  const extension = extensionOf(name);
  const sniffed = sniff(bytes, extension);
  if (sniffed === undefined) return { unreadable: "Its content is no audio format known here" };
  const { format, start } = sniffed;
  const parsed = format === "flac" ? flacParsed(bytes, start) : await parsedBy(bytes, sniffed);
  const { metadata } = parsed;
  if (FILMS.has(extension) && metadata.format.hasVideo) return { unreadable: "It holds video" };
  const ogg = isOgg(format) ? oggEnd(bytes, start) : undefined;
  const region = audioRegion(format, bytes, start);
  const text = new TextReader(encoding);
  const embedded = embeddedTags(bytes, sniffed, text);
  const { tags, details: told } = commonTags(embedded);
  const details = text.guessed ? { ...told, encoding } : told;
  const end = region?.end ?? bytes.size;
  const properties = cleanProperties(soundOf(bytes, { format, start, end, ogg }, metadata.format));
  const isKnown = UNREAD.has(format) || properties.sample_rate !== undefined;
  if (!isKnown && Object.keys(tags).length === 0) {
    const reason = parsed.error === undefined
      ? "it holds neither tags nor audio"
      : messageOf(parsed.error) || "it ends too early";
    return { unreadable: `Cannot read it as ${format}: ${reason}` };
  }
  const audio = audioIdentity(format, bytes, start, { region, ogg });
  return {
    format,
    ...audio !== undefined && { audio },
    ...placeOfSound(bytes, sniffed, region, looksAtEnd),
    tags,
    ...Object.keys(details).length > 0 && { details },
    properties,
  };
}

function placeOfSound(
  bytes: SparseBytes,
  { format, start }: Sniffed,
  region: AudioRegion | undefined,
  looksAtEnd: boolean,
): Pick<TagReading, "audio_start" | "audio_end"> {
  const audio_start = format === "flac" ? flacFramesAt(bytes, start) : region?.start;
  if (audio_start === undefined || audio_start > bytes.size) return {};
  const audio_end = format !== "flac" ? region?.end : looksAtEnd ? endOfAudio(bytes) : undefined;
  if (audio_end === undefined) return { audio_start };
  return audio_end < audio_start ? {} : { audio_start, audio_end };
}

/** What music-metadata finds, for formats that it is used for. */
async function parsedBy(bytes: SparseBytes, sniffed: Sniffed): Promise<Parsed> {
  const path = PARSER_EXTENSION[sniffed.format];
  if (path === undefined) return { metadata: NOTHING };
  return await parse(bytes, sniffed, path).catch((error) =>
    parseAgain(bytes, sniffed, path, error)
  );
}

async function parse(
  bytes: SparseBytes,
  { format, start }: Sniffed,
  path: string,
  observer?: (update: { metadata: unknown }) => void,
): Promise<Parsed> {
  const tokenizer = new SparseTokenizer(bytes, { format, path, start });
  const metadata = await parseFromTokenizer(tokenizer as unknown as Tokenizer, {
    skipCovers: true,
    duration: false,
    skipPostHeaders: true,
    mkvUseIndex: true,
    ...(observer && { observer: observer as never }),
  });
  return { metadata };
}

/** Parses once more, and keeps what the parser finds before it gives up. */
async function parseAgain(
  bytes: SparseBytes,
  sniffed: Sniffed,
  path: string,
  error: unknown,
): Promise<Parsed> {
  if (isOutOfMemory(error)) throw error;
  let metadata: Metadata = NOTHING;
  await parse(bytes, sniffed, path, (update) => metadata = update.metadata as Metadata)
    .catch(() => {});
  return { metadata, error };
}

/** A FLAC says everything in its first block, except for its length when the encoder did not know it. */
function flacParsed(bytes: SparseBytes, start: number): Parsed {
  const sound = flacSound(bytes, start);
  if (sound === undefined) return { metadata: NOTHING, error: new Error("it has no STREAMINFO") };
  const { sampleRate, channels, bits, block } = sound;
  const framesAt = flacFramesAt(bytes, start);
  const place = framesAt !== undefined &&
    { start: framesAt, end: bytes.size, usualBlock: block };
  const samples = sound.samples || (place ? flacSamples(bytes, place) : 0);
  const duration = sampleRate === 0 ? 0 : samples / sampleRate;
  const format = {
    ...{ codec: "FLAC", sampleRate, numberOfChannels: channels, bitsPerSample: bits, duration },
    ...duration > 0 && framesAt !== undefined &&
      { bitrate: 8 * (bytes.size - framesAt) / duration },
  };
  return { metadata: { format } as unknown as Metadata };
}

function isOgg(format: AudioFormat): boolean {
  return format === "ogg" || format === "opus" || format === "spx";
}
