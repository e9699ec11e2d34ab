import type { IFormat } from "music-metadata";
import type { AudioProperties } from "../../../events/facts/files.ts";
import { TAG_TEXT_MAX } from "../../base/mod.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What the container says about the sound, without impossible values. */
export function cleanProperties(format: Partial<IFormat>): AudioProperties {
  const properties: Writable<AudioProperties> = {};
  const codec = text(format.codec);
  const duration = amount(format.duration, 1000);
  const bitrate = amount(format.bitrate);
  const sampleRate = amount(format.sampleRate);
  const channels = amount(format.numberOfChannels);
  const bits = amount(format.bitsPerSample);
  if (codec !== undefined) properties.codec = codec;
  if (duration !== undefined) properties.duration_ms = duration;
  if (bitrate !== undefined) properties.bitrate = bitrate;
  if (sampleRate !== undefined) properties.sample_rate = sampleRate;
  if (channels !== undefined) properties.channels = channels;
  if (bits !== undefined) properties.bits_per_sample = bits;
  return properties;
}

/** The text up to its first NUL, trimmed, in whole characters; undefined when nothing is left. */
function text(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const clean = value.replace(/^\0+/, "").split("\0", 1)[0]!.trim().slice(0, TAG_TEXT_MAX);
  return clean === "" ? undefined : clean.toWellFormed();
}

/** A positive finite number, rounded, in units of 1/`scale`. */
function amount(value: unknown, scale: number = 1): number | undefined {
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) return undefined;
  const rounded = Math.round(value * scale);
  return Number.isSafeInteger(rounded) ? rounded : undefined;
}
