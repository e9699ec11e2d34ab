import { type IAudioMetadata, parseFromTokenizer } from "music-metadata";
import type {
  AudioFormat,
  AudioProperties,
  FileDetails,
  TrackTags,
  UnreadableKind,
} from "../../events/file_events.ts";
import { extensionOf, messageOf } from "../base/mod.ts";
import { DEFAULT_ENCODING, flacSound, oggSoundAt, Tag, TextReader } from "../formats/mod.ts";
import { shareTagMaps } from "./_shared_tag_maps.ts";
import { audioIdentity } from "./audio_identity.ts";
import { type AudioRegion, audioRegion, endOfAudio, flacFramesAt } from "./audio_region.ts";
import { cleanProperties } from "./clean_properties.ts";
import { commonTags } from "./common_tags.ts";
import { embeddedTags } from "./embedded_tags.ts";
import { PARSER_EXTENSION } from "./formats.ts";
import { type OggEnd, oggEnd } from "./ogg_end.ts";
import { sniff, type Sniffed } from "./sniff.ts";
import type { SparseBytes } from "./sparse_bytes.ts";
import { SparseTokenizer } from "./sparse_tokenizer.ts";

/** What a file says about itself: `format` and the rest, or why there is no track in it. */
export interface TagReading {
  readonly format?: AudioFormat;
  readonly audio?: string;
  /** Where the sound lies, in bytes, where tags are written anew without touching that part. */
  readonly audio_start?: number;
  readonly audio_end?: number;
  readonly tags?: TrackTags;
  readonly details?: FileDetails;
  readonly properties?: AudioProperties;
  readonly unreadable?: string;
  /** `format` when absent. */
  readonly unreadable_kind?: UnreadableKind;
}

type Tokenizer = Parameters<typeof parseFromTokenizer>[0];
type Metadata = Pick<IAudioMetadata, "native" | "format">;

const OPUS_RATE = 48_000;
const TAIL_TAGGED: ReadonlySet<AudioFormat> = new Set(["wv", "mpc"]);
/** Formats of which the parser sees too little to know the bit rate. */
const SHORTENED: ReadonlySet<AudioFormat> = new Set(["wv", "mpc", "m4a", "m4b"]);
const NOTHING = { native: {}, format: {} } as unknown as Metadata;

await shareTagMaps();

/** What a parser found, and why it did not come further. */
interface Parsed {
  readonly metadata: Metadata;
  readonly error?: unknown;
}

export interface TagOptions {
  /**
   * Also looks at the end of a file where its format needs it for nothing but `audio_end`: a local FLAC is known by
   * its head alone, and nobody asks where its sound ends.
   */
  readonly looksAtEnd: boolean;
  /** Of text whose encoding the file does not name: a label of TextDecoder, Latin-1 when absent. */
  readonly encoding?: string;
}

/** Reads tags, properties, the identity of the sound and its place. Rejects only when the bytes can't be read. */
export async function readTags(
  bytes: SparseBytes,
  name: string,
  { looksAtEnd, encoding = DEFAULT_ENCODING }: TagOptions,
): Promise<TagReading> {
  if (bytes.size === 0) return { unreadable: "Empty file" };
  const extension = extensionOf(name);
  const sniffed = sniff(bytes, extension);
  if (sniffed === undefined) return { unreadable: "Its content is no audio format known here" };
  const { format, start } = sniffed;
  const parsed = format === "flac"
    ? flacParsed(bytes, start)
    : await parse(bytes, sniffed).catch((error) => parseAgain(bytes, sniffed, error));
  const { metadata } = parsed;
  if (extension === "mp4" && metadata.format.hasVideo) return { unreadable: "It holds video" };
  const ogg = isOgg(format) ? oggEnd(bytes, start) : undefined;
  const region = audioRegion(format, bytes, start);
  const text = new TextReader(encoding);
  const embedded = embeddedTags(bytes, sniffed, text);
  if (format === "mka") embedded.unshift(matroskaTag(metadata));
  const { tags, details: told } = commonTags(embedded);
  const details = text.guessed ? { ...told, encoding } : told;
  const properties = cleanProperties({
    ...metadata.format,
    ...figures(bytes, sniffed, parsed, region, ogg),
  });
  if (properties.sample_rate === undefined && Object.keys(tags).length === 0) {
    const reason = parsed.error === undefined
      ? "it holds neither tags nor audio"
      : messageOf(parsed.error) || "it ends too early";
    return { unreadable: `Cannot read it as ${format}: ${reason}` };
  }
  return {
    format,
    audio: audioIdentity(format, bytes, start, { region, ogg }),
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

async function parse(
  bytes: SparseBytes,
  { format, start }: Sniffed,
  observer?: (update: { metadata: unknown }) => void,
): Promise<Parsed> {
  const tokenizer = new SparseTokenizer(bytes, {
    format,
    path: PARSER_EXTENSION[format],
    start,
    audioEnd: TAIL_TAGGED.has(format) ? endOfAudio(bytes) : bytes.size,
  });
  const metadata = await parseFromTokenizer(tokenizer as unknown as Tokenizer, {
    skipCovers: true,
    duration: false,
    skipPostHeaders: !isMpeg(format),
    mkvUseIndex: true,
    ...(observer && { observer: observer as never }),
  });
  return { metadata };
}

/** Parses once more and keeps what the parser finds before it gives up. */
async function parseAgain(bytes: SparseBytes, sniffed: Sniffed, error: unknown): Promise<Parsed> {
  let metadata: Metadata = NOTHING;
  await parse(bytes, sniffed, (update) => metadata = update.metadata as Metadata).catch(() => {});
  return { metadata, error };
}

/** A FLAC says all of itself in its first block. */
function flacParsed(bytes: SparseBytes, start: number): Parsed {
  const sound = flacSound(bytes, start);
  if (sound === undefined) return { metadata: NOTHING, error: new Error("it has no STREAMINFO") };
  const { sampleRate, channels, bits, samples } = sound;
  const duration = sampleRate === 0 ? 0 : samples / sampleRate;
  const framesAt = flacFramesAt(bytes, start);
  const format = {
    ...{ codec: "FLAC", sampleRate, numberOfChannels: channels, bitsPerSample: bits, duration },
    ...duration > 0 && framesAt !== undefined &&
      { bitrate: 8 * (bytes.size - framesAt) / duration },
  };
  return { metadata: { native: {}, format } as unknown as Metadata };
}

/** Figures that music-metadata would have to walk the whole file for. */
function figures(
  bytes: SparseBytes,
  { format, start }: Sniffed,
  { metadata: { format: found } }: Parsed,
  region: AudioRegion | undefined,
  ogg: OggEnd | undefined,
): { duration?: number; bitrate?: number } {
  if (isOgg(format)) {
    const rate = format === "opus" ? OPUS_RATE : found.sampleRate;
    if (ogg === undefined || !rate) return { duration: 0 };
    const duration = ogg.granule / rate;
    return format === "opus"
      ? { duration, bitrate: 8 * (bytes.size - oggSoundAt(bytes, start)) / duration }
      : {
        duration,
      };
  }
  if (!SHORTENED.has(format) || region === undefined || !found.duration) return {};
  return { bitrate: 8 * (region.end - region.start) / found.duration };
}

/** Matroska is read by music-metadata alone; it names each field with its target. */
function matroskaTag({ native }: Metadata): Tag {
  const tag = new Tag("Matroska");
  for (const { id, value } of native["matroska"] ?? []) {
    if (typeof value === "string") tag.add(id, value);
  }
  return tag;
}

function isMpeg(format: AudioFormat): boolean {
  return format === "mp3" || format === "mp2" || format === "aac";
}

function isOgg(format: AudioFormat): boolean {
  return format === "ogg" || format === "opus" || format === "spx";
}
