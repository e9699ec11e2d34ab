/**
 * What a container holds besides its sound, one file for each container: tags with their fields as written, and the
 * places of pictures, chapters and cue sheets. Nothing here knows what a field means, and no byte of a picture is
 * read.
 *
 * The readers take a file whose ranges can be looked at ({@link FileBytes}) and fill a {@link Tag}. From a file that
 * is truncated, has wrong lengths or can't be read any further, whatever was found before counts.
 *
 * @module
 */
export { findApeTag, readApeTag } from "./ape_tag.ts";
export { readAsfTags } from "./asf_tags.ts";
export type { FileBytes } from "./file_bytes.ts";
export { flacSound, readFlacTags } from "./flac_tags.ts";
export { id3Genres } from "./genres.ts";
export { hasId3v1, readId3v1 } from "./id3v1.ts";
export { type Id3Header, id3HeaderAt } from "./id3_header.ts";
export { readId3v2Tags } from "./id3v2.ts";
export { readAiffTags, readDsdiffTags, readDsfTags } from "./iff_tags.ts";
export { readMatroskaTags } from "./matroska_tags.ts";
export { readMp4Tags } from "./mp4_tags.ts";
export { readOggTags } from "./ogg_tags.ts";
export { readRiffTags } from "./riff_tags.ts";
export { mimeOfPicture } from "./pictures.ts";
export { type PictureSize, sizeOfPicture } from "./picture_size.ts";
export { Tag, type TagField, type TagKind } from "./tag.ts";
export { DEFAULT_ENCODING, TextReader } from "./text.ts";
