/**
 * From a file to what it says about itself. A file is read once, from its head, and elsewhere only where its
 * format keeps tags: {@link SparseBytes} knows which parts are there, the tokenizer hands them to
 * music-metadata and steps over what is large and no tag, and {@link readTags} cleans what comes back.
 *
 * A local file is read by the process that parses it. Of a remote one {@link RemoteReader} fetches head and tail and
 * hands them over; when the parser comes to bytes that are not there, it tells which, they are fetched, and it begins
 * anew. Both ways end in the same reading.
 *
 * Tags are read by `src/formats`, with their fields as they stand, and `common_tags` chooses: one source for each value,
 * the first value of several, everything else within bounds as details. music-metadata is asked for figures alone. Each
 * reading says which version of the reader made it ({@link TAG_READER_VERSION}), so that a better one reads again.
 *
 * What is inside decides about the format, never the extension. The identity of the sound (`audio`) is equal
 * for two files that differ in tags and place alone; it is how a scan knows a moved file again. It is cheap
 * and no proof: it looks at the length of the audio, its start and its end.
 *
 * Broken input is the normal case. A file gives tags, perhaps not all of them, or a reason; a parser that
 * takes too much time of a processor, or too much memory, is killed by {@link ParserPool}, with the process that it
 * runs in: that is no verdict on the file, which is looked at again.
 *
 * @module
 */
export { ParserPool, SourceUnanswered } from "./parser/parser_pool.ts";
export { resizerPool } from "./pictures/resizer_pool.ts";
export type { FileReader, ListedFile, SkippedFile } from "./readers/file_reader.ts";
export { readerOf } from "./readers/reader_of.ts";
export type { FileReading } from "./readers/read_file.ts";
export { TAG_READER_VERSION } from "./tags/tag_reader.ts";
export { RemoteReader } from "./readers/remote_reader.ts";
