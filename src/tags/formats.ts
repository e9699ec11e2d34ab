import type { AudioFormat } from "../../events/file_events.ts";

/** What music-metadata calls the format: the extension by which it chooses its parser. */
export const PARSER_EXTENSION: Readonly<Record<AudioFormat, string>> = {
  flac: ".flac",
  mp3: ".mp3",
  mp2: ".mp3",
  aac: ".mp3",
  m4a: ".m4a",
  m4b: ".m4a",
  ogg: ".ogg",
  opus: ".ogg",
  spx: ".ogg",
  wav: ".wav",
  aiff: ".aif",
  ape: ".ape",
  wv: ".wv",
  mpc: ".mpc",
  wma: ".wma",
  dsf: ".dsf",
  dff: ".dff",
  mka: ".mka",
};
