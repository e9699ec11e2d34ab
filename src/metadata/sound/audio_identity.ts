import type { AudioFormat } from "../../../events/facts/files.ts";
import type { AudioRegion } from "./audio_region.ts";
import { fingerprint } from "./fingerprint.ts";
import type { OggEnd } from "./ogg_end.ts";
import type { SparseBytes } from "../bytes/sparse_bytes.ts";

/** How much of the audio's start and end is looked at: both are usually read for the tags anyway. */
const START_BYTES = 4 * 1024;
const END_BYTES = 1024;
/** And of its middle, when both are silent: many recordings of one length begin and end so. */
const MIDDLE_BYTES = 4 * 1024;
/** Frames of silence, as an encoder makes them, have so few values of bytes (16 to 26 of MP3); sound has nearly all. */
const SILENT_VALUES_MAX = 64;
const STREAMINFO_MD5_AT = 26;
const STREAMINFO_SAMPLES_AT = 21;

/**
 * Identity of the sound: the same for a file that was only moved or only tagged anew. FLAC carries an MD5 of
 * its samples; elsewhere it is the length of the audio with a fingerprint of its start and end, and where the
 * audio can't be told from the tags, of the whole file, which a move still leaves as it is. Equal ones may be one
 * recording, and are no proof that they are. Undefined where there is no sound: files without one have nothing in common.
 */
export function audioIdentity(
  format: AudioFormat,
  bytes: SparseBytes,
  start: number,
  { region, ogg }: { region: AudioRegion | undefined; ogg: OggEnd | undefined },
): string | undefined {
  if (format === "flac") {
    const md5 = flacIdentity(bytes, start);
    if (md5 !== undefined) return md5;
  }
  if (ogg !== undefined) return `${format}-${ogg.serial}-${ogg.granule}-${ogg.fingerprint}`;
  const audio = region ?? { start: 0, end: bytes.size };
  const length = audio.end - audio.start;
  if (length <= 0) return undefined;
  const last = Math.max(audio.start, audio.end - END_BYTES);
  const head = bytes.view(audio.start, Math.min(START_BYTES, length));
  const tail = bytes.view(last, Math.min(END_BYTES, length));
  const ends = `${format}-${length}-${fingerprint(head)}${fingerprint(tail)}`;
  // The first frame may be a table of where to seek.
  if (!isSilent(head.subarray(head.length >> 1)) || !isSilent(tail)) return ends;
  const half = Math.floor(length / 2);
  return ends + fingerprint(bytes.view(audio.start + half, Math.min(MIDDLE_BYTES, half)));
}

const seenValues = new Uint8Array(256);

function isSilent(bytes: Uint8Array): boolean {
  seenValues.fill(0);
  let values = 0;
  for (const byte of bytes) {
    if (seenValues[byte] !== 0) continue;
    seenValues[byte] = 1;
    if (++values > SILENT_VALUES_MAX) return false;
  }
  return true;
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
