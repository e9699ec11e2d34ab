import { type IAudioMetadata, parseFromTokenizer } from "music-metadata";
import type { AudioFormat, AudioProperties, TrackTags } from "../../events/file_events.ts";
import { extensionOf, messageOf } from "../base/mod.ts";
import { shareTagMaps } from "./_shared_tag_maps.ts";
import { audioIdentity } from "./audio_identity.ts";
import { endOfAudio } from "./audio_region.ts";
import { cleanProperties, cleanTags } from "./clean_tags.ts";
import { PARSER_EXTENSION } from "./formats.ts";
import { type OggEnd, oggEnd } from "./ogg_end.ts";
import { sniff, type Sniffed } from "./sniff.ts";
import type { SparseBytes } from "./sparse_bytes.ts";
import { SparseTokenizer } from "./sparse_tokenizer.ts";

/** What a file says about itself: `format` and the rest, or why there is no track in it. */
export interface TagReading {
  readonly format?: AudioFormat;
  readonly audio?: string;
  readonly tags?: TrackTags;
  readonly properties?: AudioProperties;
  readonly unreadable?: string;
}

type Metadata = Pick<IAudioMetadata, "common" | "format">;

const OPUS_RATE = 48_000;
const TAIL_TAGGED: ReadonlySet<AudioFormat> = new Set(["wv", "mpc"]);

await shareTagMaps();

/** Reads tags, properties and the identity of the sound. Rejects only when the bytes can't be read. */
export async function readTags(bytes: SparseBytes, name: string): Promise<TagReading> {
  if (bytes.size === 0) return { unreadable: "Empty file" };
  const extension = extensionOf(name);
  const sniffed = sniff(bytes, extension);
  if (sniffed === undefined) return { unreadable: "Its content is no audio format known here" };
  const { format, start } = sniffed;
  let metadata: Metadata;
  try {
    metadata = await parse(bytes, sniffed);
  } catch (error) {
    const partial = await parsePartially(bytes, sniffed);
    if (partial === undefined) {
      return { unreadable: `Cannot read it as ${format}: ${messageOf(error) || String(error)}` };
    }
    metadata = partial;
  }
  if (extension === "mp4" && metadata.format.hasVideo) return { unreadable: "It holds video" };
  const ogg = isOgg(format) ? oggEnd(bytes, start) : undefined;
  const tags = cleanTags(metadata.common);
  const properties = cleanProperties({
    ...metadata.format,
    ...figures(bytes, sniffed, metadata, ogg),
  });
  if (properties.sample_rate === undefined && Object.keys(tags).length === 0) {
    return { unreadable: `It begins as ${format}, and neither tags nor audio follow` };
  }
  return { format, audio: audioIdentity(format, bytes, start, ogg), tags, properties };
}

function parse(
  bytes: SparseBytes,
  { format, start, id3 }: Sniffed,
  observer?: (update: { metadata: unknown }) => void,
): Promise<Metadata> {
  const readsId3 = format === "flac" || format === "dsf" || isMpeg(format);
  const tokenizer = new SparseTokenizer(bytes, {
    format,
    path: PARSER_EXTENSION[format],
    start: readsId3 ? 0 : start,
    id3,
    audioEnd: TAIL_TAGGED.has(format) ? endOfAudio(bytes) : bytes.size,
  });
  return parseFromTokenizer(tokenizer as unknown as Parameters<typeof parseFromTokenizer>[0], {
    skipCovers: true,
    duration: false,
    skipPostHeaders: !isMpeg(format),
    mkvUseIndex: true,
    ...(observer && { observer: observer as never }),
  });
}

/** What a parser had found before it gave up, undefined when that was nothing. */
async function parsePartially(bytes: SparseBytes, sniffed: Sniffed): Promise<Metadata | undefined> {
  let seen: Metadata | undefined;
  await parse(bytes, sniffed, (update) => seen = update.metadata as Metadata).catch(() => {});
  return seen;
}

/** Figures that music-metadata would have to walk the whole file for. */
function figures(
  bytes: SparseBytes,
  { format, start }: Sniffed,
  { format: found }: Metadata,
  ogg: OggEnd | undefined,
): { duration?: number; bitrate?: number } {
  if (isOgg(format)) {
    const rate = format === "opus" ? OPUS_RATE : found.sampleRate;
    if (ogg === undefined || !rate) return { duration: 0 };
    const duration = ogg.granule / rate;
    return format === "opus" ? { duration, bitrate: 8 * bytes.size / duration } : { duration };
  }
  const isWalked = TAIL_TAGGED.has(format) || format === "m4a" || format === "m4b";
  if (!isWalked || !found.duration) return {};
  return { bitrate: 8 * (bytes.size - start) / found.duration };
}

function isMpeg(format: AudioFormat): boolean {
  return format === "mp3" || format === "mp2" || format === "aac";
}

function isOgg(format: AudioFormat): boolean {
  return format === "ogg" || format === "opus" || format === "spx";
}
