/**
 * Valid, tagged audio files without an encoder. Each builder takes tags and a length, and returns the bytes of a
 * whole file that players, decoders and taggers accept. The sound is silence or a faint hum, which takes only a few
 * bytes in these formats; it varies with the seed, so that two files differ. The same input gives the same bytes.
 *
 * @module
 */
export { flacFile, type FlacOptions } from "./flac.ts";
export { id3Tag, id3v1Tag, type Id3Version } from "./id3.ts";
export { aiffFile, wavFile, wavHeader } from "./iff.ts";
export { m4aFile, type M4aOptions } from "./m4a.ts";
export { mp3File, type Mp3Options } from "./mp3.ts";
export { opusFile } from "./opus.ts";
export type { AudioTags, SoundOptions } from "./tags.ts";
