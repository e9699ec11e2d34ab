import type { AudioFormat } from "../../events/file_events.ts";
import type { AudioRegion } from "./audio_region.ts";
import { fingerprint } from "./fingerprint.ts";
import type { OggEnd } from "./ogg_end.ts";
import type { SparseBytes } from "./sparse_bytes.ts";

/** How much of the audio's start and end is looked at: both are usually read for the tags anyway. */
const START_BYTES = 4 * 1024;
const END_BYTES = 1024;
/** And of its middle, when both are silent: many recordings of one length begin and end so. */
const MIDDLE_BYTES = 4 * 1024;
const STREAMINFO_MD5_AT = 26;
const STREAMINFO_SAMPLES_AT = 21;

/**
 * Identity of the sound: the same for a file that was only moved or only tagged anew. FLAC carries an MD5 of
 * its samples; elsewhere it is the length of the audio with a fingerprint of its start and end, and where the
 * audio can't be told from the tags, of the whole file, which a move still leaves as it is.
 */
export function audioIdentity(
  format: AudioFormat,
  bytes: SparseBytes,
  start: number,
  { region, ogg }: { region: AudioRegion | undefined; ogg: OggEnd | undefined },
): string {
  if (format === "flac") {
    const md5 = flacIdentity(bytes, start);
    if (md5 !== undefined) return md5;
  }
  if (ogg !== undefined) return `${format}-${ogg.serial}-${ogg.granule}-${ogg.fingerprint}`;
  const audio = region ?? { start: 0, end: bytes.size };
  const length = Math.max(0, audio.end - audio.start);
  const last = Math.max(audio.start, audio.end - END_BYTES);
  const head = bytes.view(audio.start, Math.min(START_BYTES, length));
  const tail = bytes.view(last, Math.min(END_BYTES, length));
  const ends = `${format}-${length}-${fingerprint(head)}${fingerprint(tail)}`;
  if (!isSilent(head) || !isSilent(tail)) return ends;
  const half = Math.floor(length / 2);
  return ends + fingerprint(bytes.view(audio.start + half, Math.min(MIDDLE_BYTES, half)));
}

/** Uncompressed: the same byte all along. */
function isSilent(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === bytes[0]);
}

/** MD5 and number of samples from STREAMINFO (RFC 9639, 8.2); undefined when the encoder left it zero. */
function flacIdentity(bytes: SparseBytes, start: number): string | undefined {
  const info = bytes.view(start, STREAMINFO_MD5_AT + 16);
  if (info.length < STREAMINFO_MD5_AT + 16) return undefined;
  const md5 = info.subarray(STREAMINFO_MD5_AT);
  if (md5.every((byte) => byte === 0)) return undefined;
  return `flac-${hex(info.subarray(STREAMINFO_SAMPLES_AT, STREAMINFO_MD5_AT))}-${hex(md5)}`;
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += (byte < 16 ? "0" : "") + byte.toString(16);
  return text;
}
