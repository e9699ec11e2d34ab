import type { AudioFormat } from "../../../events/facts/files.ts";
import type { OggEnd } from "./ogg_end.ts";
import { TagBytesExceeded } from "../bytes/sparse_bytes.ts";
import { ac3Sound } from "./ac3_sound.ts";
import { adifSound } from "./adif_sound.ts";
import { apeSound } from "./ape_sound.ts";
import { dtsSound } from "./dts_sound.ts";
import { eac3Sound } from "./eac3_sound.ts";
import { mp4Sound } from "./mp4_sound.ts";
import { mpegSound } from "./mpeg_sound.ts";
import { musepackSound } from "./musepack_sound.ts";
import { oggSound } from "./ogg_sound.ts";
import { dataAt, type SoundBytes, type SoundFigures, textAt } from "./sound_figures.ts";
import { shortenSound } from "./shorten_sound.ts";
import { takSound } from "./tak_sound.ts";
import { ttaSound } from "./tta_sound.ts";
import { wavSound } from "./wav_sound.ts";
import { wavpackSound } from "./wavpack_sound.ts";

/** A lower bit rate means that most of the file is missing; a higher one means damage. */
const BITRATE_MIN = 300;
const BITRATE_MAX = 2 ** 30;
/** Longer than any recording, in seconds. */
const DURATION_MAX = 366 * 24 * 3600;
const SAMPLE_RATE_MAX = 100_000_000;
const OPUS_RATE = 48_000;

export interface SoundPlace {
  readonly format: AudioFormat;
  /** Where the container or the first frame begins. */
  readonly start: number;
  /** Where tags behind the sound begin. */
  readonly end: number;
  /** The last page of a sound in Ogg. */
  readonly ogg: OggEnd | undefined;
}

/**
 * The figures of a sound: music-metadata's `found`, replaced by the container's own where those are more exact, and
 * without impossible ones.
 */
export function soundOf(
  bytes: SoundBytes,
  place: SoundPlace,
  found: SoundFigures,
): SoundFigures {
  const { format, start, end } = place;
  const own = ownFigures(bytes, place);
  // music-metadata knows more of MP4's codecs, when it can read the file at all.
  const all = format === "m4a" || format === "m4b"
    ? { ...found, ...own, ...known(found, ["codec", "sampleRate"]) }
    : { ...found, ...own };
  if ((format === "mka" || format === "webm") && all.codec?.toUpperCase().includes("OPUS")) {
    return possible({ ...all, sampleRate: OPUS_RATE }, end - start);
  }
  return possible(all, end - start);
}

function ownFigures(bytes: SoundBytes, { format, start, end, ogg }: SoundPlace): SoundFigures {
  try {
    switch (format) {
      case "wav":
        return wavSound(bytes, start);
      case "ape":
        return apeSound(bytes, start, end);
      case "wv":
        return wavpackSound(bytes, start, end);
      case "mpc":
        return musepackSound(bytes, start, end);
      case "mp3":
      case "mp2":
      case "mp1":
        return mpegSound(bytes, start, end);
      case "aac":
        return isAdif(bytes, start) ? adifSound(bytes, start, end) : mpegSound(bytes, start, end);
      case "ogg":
      case "opus":
      case "spx":
        return oggSound(bytes, start, ogg);
      case "m4a":
      case "m4b":
        return mp4Sound(bytes, start);
      case "tta":
        return ttaSound(bytes, start, end);
      case "ac3":
        return ac3Sound(bytes, start, end);
      case "eac3":
        return eac3Sound(bytes, start, end);
      case "dts":
        return dtsSound(bytes, start, end);
      case "tak":
        return takSound(bytes, start, end);
      case "shn":
        return shortenSound(bytes, start, end);
      default:
        return {};
    }
  } catch (error) {
    // The figures would need more reading than they are worth.
    if (error instanceof TagBytesExceeded) return {};
    throw error;
  }
}

/** Those of the figures that say something. */
function known(figures: SoundFigures, names: readonly (keyof SoundFigures)[]): SoundFigures {
  return Object.fromEntries(
    names.flatMap((name) => figures[name] ? [[name, figures[name]]] : []),
  );
}

/** Whether the sound is AAC with a single header before all frames. */
export function isAdif(bytes: SoundBytes, start: number): boolean {
  const magic = dataAt(bytes, start, 4);
  return magic !== undefined && textAt(magic, 0) === "ADIF";
}

/** The figures without impossible ones, and with a bit rate when the length of the sound gives it. */
function possible(figures: SoundFigures, length: number): SoundFigures {
  const { duration = 0, bitrate = 0, sampleRate = 0, numberOfChannels = 0, ...others } = figures;
  const isTime = duration > 0 && duration <= DURATION_MAX;
  const rate = bitrate > 0 || !isTime ? bitrate : 8 * length / duration;
  return {
    ...others,
    ...isTime && { duration },
    ...rate >= BITRATE_MIN && rate <= BITRATE_MAX && { bitrate: rate },
    ...sampleRate > 0 && sampleRate <= SAMPLE_RATE_MAX && { sampleRate },
    ...numberOfChannels > 0 && numberOfChannels <= 255 && { numberOfChannels },
  };
}
