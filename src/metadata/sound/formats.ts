import type { AudioFormat } from "../../../events/facts/files.ts";

/**
 * Formats whose figures music-metadata reads, each with the extension by which music-metadata chooses its parser. Our
 * own readers read all others.
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
