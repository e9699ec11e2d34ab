/** What a file's container says about its sound, by the names of music-metadata's format. */
export interface SoundFigures {
  readonly codec?: string;
  /** Seconds. */
  readonly duration?: number;
  /** Bits per second, Hz. */
  readonly bitrate?: number;
  readonly sampleRate?: number;
  readonly numberOfChannels?: number;
  readonly bitsPerSample?: number;
}

/** What of a file can be looked at. */
export interface SoundBytes {
  readonly size: number;
  /** How many bytes of it can be read before it is more than a file is worth. */
  readonly left: number;
  /** Bytes of it are cheap: the file is on this machine. */
  readonly isNear: boolean;
  /** Shorter only at the end of the file. */
  view(position: number, length: number): Uint8Array<ArrayBuffer>;
}

/** Where a sound lies in a file, in bytes. */
export interface SoundRegion {
  readonly start: number;
  readonly end: number;
}

/** Duration and bit rate of so many samples in so many bytes; nothing where there are no samples. */
export function timed(
  samples: number,
  sampleRate: number,
  bytes: number,
): Pick<SoundFigures, "duration" | "bitrate"> {
  if (!(samples > 0) || !(sampleRate > 0)) return {};
  const duration = samples / sampleRate;
  return bytes > 0 ? { duration, bitrate: 8 * bytes / duration } : { duration };
}

/** For reading numbers: bytes of the file, undefined where it ends before. */
export function dataAt(bytes: SoundBytes, position: number, length: number): DataView | undefined {
  if (!(position >= 0) || position + length > bytes.size) return undefined;
  const view = bytes.view(position, length);
  return new DataView(view.buffer, view.byteOffset, view.byteLength);
}

/** Four characters, or as many as asked for. */
export function textAt(view: DataView, at: number, length = 4): string {
  let text = "";
  for (let i = 0; i < length; i++) text += String.fromCharCode(view.getUint8(at + i));
  return text;
}
