import type { AudioFormat } from "../../../events/facts/files.ts";

/**
 * Formats whose figures music-metadata reads, and what it calls them: the extension by which it chooses its parser. All
 * others are read by readers of our own.
 */
export const PARSER_EXTENSION: Readonly<Partial<Record<AudioFormat, string>>> = {
  m4a: ".m4a",
  m4b: ".m4a",
  aiff: ".aif",
  wma: ".wma",
  dsf: ".dsf",
  dff: ".dff",
  mka: ".mka",
  webm: ".mka",
};
