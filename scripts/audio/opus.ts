import { concat, littleEndian, utf8 } from "./bytes.ts";
import { type OggPacket, oggStream } from "./ogg.ts";
import type { AudioTags, SoundOptions } from "./tags.ts";
import { vorbisComment } from "./vorbis_comment.ts";

/** Opus counts in samples of 48 kHz, whatever the rate of its source. */
const FRAME_SAMPLES = 960;
const PRE_SKIP = 312;

/** An Opus file in Ogg, mono: 20 ms packets of CELT silence (RFC 7845, RFC 6716). */
export function opusFile(tags: AudioTags, options: SoundOptions = {}): Uint8Array<ArrayBuffer> {
  const samples = Math.round((options.seconds ?? 0.25) * 48_000);
  const frames = Math.max(1, Math.ceil((samples + PRE_SKIP) / FRAME_SAMPLES));
  const head = concat([
    utf8("OpusHead"),
    Uint8Array.of(1, 1),
    littleEndian(PRE_SKIP, 2),
    littleEndian(48_000, 4),
    Uint8Array.of(0, 0, 0),
  ]);
  const packets: OggPacket[] = [
    { bytes: head, position: 0, endsPage: true },
    { bytes: concat([utf8("OpusTags"), vorbisComment(tags)]), position: 0, endsPage: true },
  ];
  for (let index = 1; index <= frames; index++) {
    // Full band, 20 ms, mono, one frame; its first coded symbol, "silence", is set.
    packets.push({ bytes: Uint8Array.of(0xf8, 0xff, 0xfe), position: index * FRAME_SAMPLES });
  }
  packets.at(-1)!.position = samples + PRE_SKIP;
  return oggStream(options.seed ?? 1, packets);
}
