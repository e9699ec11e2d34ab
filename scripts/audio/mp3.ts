import { concat, randomNumbers } from "./bytes.ts";
import { id3Tag, id3v1Tag, type Id3Version } from "./id3.ts";
import type { AudioTags, SoundOptions } from "./tags.ts";

const FRAME_SAMPLES = 1152;
const SAMPLE_RATE = 44_100;
/** 144 * 32,000 bits per second / 44,100 Hz, without the padding byte. */
const FRAME_BYTES = 104;
/** Header and the side information of a mono frame. */
const PREFIX_BYTES = 4 + 17;

export interface Mp3Options extends SoundOptions {
  /** Version of the tag at the start, null for none. 2.4 when absent. */
  id3?: Id3Version | null;
  /** Adds the old 128-byte tag at the end. */
  id3v1?: boolean;
  /** Bytes of padding in the tag at the start. */
  padding?: number;
}

/**
 * An MP3 file, MPEG-1 Layer III, mono, 32 kbit/s. It is silent, since no frame has any main data. The bytes after the
 * side information are ancillary data, which decoders skip; they make one file's audio differ from another's.
 */
export function mp3File(tags: AudioTags, options: Mp3Options = {}): Uint8Array<ArrayBuffer> {
  const frames = Math.max(1, Math.ceil((options.seconds ?? 0.25) * SAMPLE_RATE / FRAME_SAMPLES));
  const random = randomNumbers(options.seed ?? 1);
  const audio = new Uint8Array(frames * FRAME_BYTES);
  for (let at = 0; at < audio.length; at += FRAME_BYTES) {
    audio.set([0xff, 0xfb, 0x10, 0xc4], at);
    // Below 0x80, so that no byte looks like the start of a frame.
    for (let i = at + PREFIX_BYTES; i < at + PREFIX_BYTES + 8; i++) audio[i] = random(128);
  }
  const parts: Uint8Array[] = [audio];
  if (options.id3 !== null) parts.unshift(id3Tag(tags, options.id3 ?? "2.4", options.padding));
  if (options.id3v1) parts.push(id3v1Tag(tags));
  return concat(parts);
}
