import { areAlike, frameAt, type MpegFrame } from "./mpeg_frame.ts";
import { dataAt, type SoundBytes, type SoundFigures, textAt, timed } from "./sound_figures.ts";

const HEADER_BYTES = 8;
/** The bytes at the beginning of a sound by which its bit rate is judged. */
const FIRST_BYTES = 8 * 1024;
/** A sound that is sampled is looked at in this many places, of this many bytes. */
const PLACES = 16;
const PLACE_BYTES = 8 * 1024;
/** A sound up to this length is walked as a whole: remote, and local. */
const WALK_BYTES_FAR = 256 * 1024;
const WALK_BYTES_NEAR = 12 * 1024 * 1024;
/** This many bytes are looked at in the middle and at the end of a sound that seems to have a constant bit rate. */
const LOOK_BYTES = 3 * 1024;
const WINDOW_BYTES = 64 * 1024;
const XING_HAS_FRAMES = 1;
const XING_HAS_BYTES = 2;
const VBRI_AT = 36;

/** The sum of the frames that begin in a part of a sound. */
interface Walk {
  readonly samples: number;
  readonly bytes: number;
  readonly bitrates: ReadonlySet<number>;
}

/** Figures of MPEG audio of any layer, or of AAC in ADTS frames, whose frames lie from `start` to `end`. */
export function mpegSound(bytes: SoundBytes, start: number, end: number): SoundFigures {
  const first = frameAt(bytes.view(start, HEADER_BYTES), 0);
  if (first === undefined) return {};
  const { layer, version, sampleRate, channels } = first;
  const figures = {
    codec: layer === 0 ? "AAC" : `MPEG ${version} Layer ${layer}`,
    sampleRate,
    ...channels > 0 && { numberOfChannels: channels },
  };
  const counted = layer === 3 ? counts(bytes, start, first) : undefined;
  if (counted !== undefined) {
    const length = counted.bytes ?? end - start;
    return { ...figures, ...timed(counted.frames * first.samples, sampleRate, length) };
  }
  return { ...figures, ...measured(bytes, start, end, first) };
}

/** The counts that encoders of variable bit rates write into a silent first frame (Xing, LAME, Fraunhofer). */
function counts(
  bytes: SoundBytes,
  start: number,
  { version, channels, length }: MpegFrame,
): { frames: number; bytes?: number } | undefined {
  const side = version === 1 ? channels === 1 ? 17 : 32 : channels === 1 ? 9 : 17;
  const xing = dataAt(bytes, start + 4 + side, 16);
  if (xing !== undefined && ["Xing", "Info"].includes(textAt(xing, 0))) {
    const flags = xing.getUint32(4);
    const frames = (flags & XING_HAS_FRAMES) !== 0 ? xing.getUint32(8) : 0;
    if (frames === 0) return undefined;
    const said = (flags & XING_HAS_BYTES) !== 0 ? xing.getUint32(12) : 0;
    return { frames, ...said > length && { bytes: said } };
  }
  const vbri = dataAt(bytes, start + VBRI_AT, 18);
  if (vbri === undefined || textAt(vbri, 0) !== "VBRI") return undefined;
  const [said, frames] = [vbri.getUint32(10), vbri.getUint32(14)];
  return frames === 0 ? undefined : { frames, ...said > length && { bytes: said } };
}

/** Duration and bit rate, measured on the frames themselves. */
function measured(
  bytes: SoundBytes,
  start: number,
  end: number,
  first: MpegFrame,
): Pick<SoundFigures, "duration" | "bitrate"> {
  const length = end - start;
  const most = Math.min(bytes.isNear ? WALK_BYTES_NEAR : WALK_BYTES_FAR, bytes.left - FIRST_BYTES);
  const head = walk(bytes, start, Math.min(start + FIRST_BYTES, end), first);
  if (first.bitrate > 0 && isConstant(bytes, start, end, { first, head })) {
    return { bitrate: first.bitrate, duration: 8 * length / first.bitrate };
  }
  if (length <= most) {
    const all = walk(bytes, start, end, first);
    return timed(all.samples, first.sampleRate, all.bytes);
  }
  // Every frame has the same chance to begin in one of these places, whatever its length.
  let samples = 0;
  for (let n = 0; n < PLACES; n++) {
    const place = start + Math.floor(length * (n + 0.5) / PLACES);
    samples += walk(bytes, place, place + PLACE_BYTES, first).samples;
  }
  return timed(samples * length / (PLACES * PLACE_BYTES), first.sampleRate, length);
}

/** Whether the frames at the beginning, in the middle and at the end have one bit rate. */
function isConstant(
  bytes: SoundBytes,
  start: number,
  end: number,
  { first, head }: { first: MpegFrame; head: Walk },
): boolean {
  if (head.bitrates.size !== 1) return false;
  if (end - start <= 2 * FIRST_BYTES) {
    return walk(bytes, start, end, first).bitrates.size === 1;
  }
  const middle = start + Math.floor((end - start) / 2);
  return [middle, end - LOOK_BYTES].every((place) =>
    [...walk(bytes, place, place + LOOK_BYTES, first).bitrates]
      .every((bitrate) => bitrate === first.bitrate)
  );
}

/** The frames of the kind of `first` that begin between two places; other bytes between them are skipped. */
function walk(bytes: SoundBytes, from: number, to: number, first: MpegFrame): Walk {
  const bitrates = new Set<number>();
  let samples = 0;
  let length = 0;
  let at = from;
  while (at < to) {
    const window = bytes.view(at, Math.min(WINDOW_BYTES, to - at));
    let offset = 0;
    while (offset + HEADER_BYTES <= window.length) {
      const frame = frameInRow(window, offset, first);
      if (frame === undefined) {
        offset++;
        continue;
      }
      samples += frame.samples;
      length += frame.length;
      bitrates.add(frame.bitrate);
      offset += frame.length;
    }
    if (window.length < WINDOW_BYTES) break;
    at += Math.max(offset, 1);
  }
  return { samples, bytes: length, bitrates };
}

/** The frame at `at`, when it is followed by one of its kind as far as can be seen. */
function frameInRow(bytes: Uint8Array, at: number, first: MpegFrame): MpegFrame | undefined {
  const frame = frameAt(bytes, at);
  if (frame === undefined || !areAlike(frame, first)) return undefined;
  const next = at + frame.length;
  if (next + HEADER_BYTES > bytes.length) return frame;
  const following = frameAt(bytes, next);
  return following !== undefined && areAlike(following, first) ? frame : undefined;
}
