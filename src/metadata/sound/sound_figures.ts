/** What a container says about its sound, under the names of music-metadata's format. */
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

/** A file whose bytes can be looked at. */
export interface SoundBytes {
  readonly size: number;
  /** How many more bytes may be read before they are more than the figures are worth. */
  readonly left: number;
  /** Whether bytes are cheap because the file is on this machine. */
  readonly isNear: boolean;
  /** A view, which is shorter only at the end of the file. */
  view(position: number, length: number): Uint8Array<ArrayBuffer>;
}

/** Where a sound lies in a file, in bytes. */
export interface SoundRegion {
  readonly start: number;
  readonly end: number;
}

/** Duration and bit rate of this many samples in this many bytes; empty without samples. */
export function timed(
  samples: number,
  sampleRate: number,
  bytes: number,
): Pick<SoundFigures, "duration" | "bitrate"> {
  if (!(samples > 0) || !(sampleRate > 0)) return {};
  const duration = samples / sampleRate;
  return bytes > 0 ? { duration, bitrate: 8 * bytes / duration } : { duration };
}

/** A view for reading numbers; undefined when the file ends before. */
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
