/**
 * Every bound of the program, with its reason, in one place. Times are in ms, sizes in bytes.
 *
 * @module
 */
import { assert } from "./assert.ts";

/** Pace at which files are read again that an older tag reader saw: 100,000 of them in 17 minutes, unnoticed. */
export const REREAD_FILES_PER_SECOND = 100;
/** POSIX NAME_MAX: longest name of a virtual path segment, in bytes. */
export const NAME_BYTES_MAX = 255;
/** Files in one `FilesObserved`: large enough that an fsync is amortised, small enough to show progress. */
export const OBSERVED_BATCH_FILES = 512;
/** Text in one `FilesObserved`, in characters of JSON: 512 files of an attack would say 50 million. A batch of usual files
 * has half a million; one event, and a file more, can be handed to who reads the log in one frame. */
export const OBSERVED_BATCH_CHARS = 2 * 1024 * 1024;
/** An open batch is appended after this long even when it is not full, so that a slow scan is durable too. */
export const OBSERVED_BATCH_MS = 1_000;
/** First read of an audio file: the tags of nearly every file that has no large picture up front are in it, and
 * four times as much took longer to copy than to parse. */
export const HEAD_BYTES = 16 * 1024;
/** The most that is read of one file to find its tags (a FLAC with several pictures before its comments). */
export const TAG_BYTES_MAX = 16 * 1024 * 1024;
/** What is kept of the text of a tag that places a track, in characters: more is a mistake or an attack. */
export const TAG_TEXT_MAX = 1_024;
/** What is kept of a file's other tags: of one text (lyrics are longer than a name), values of one field, fields that
 * have no common name, pictures and chapters, and of all together, in characters of JSON. With 100,000 files the most is
 * 1.6 GB of log; usual files have less than 1 KB. */
export const DETAIL_TEXT_MAX = 4_096;
export const DETAIL_LIST_MAX = 64;
export const DETAIL_OTHER_MAX = 64;
export const DETAIL_PLACES_MAX = 256;
export const DETAIL_BYTES_MAX = 16 * 1024;
/**
 * Time of a processor that parsing one file may take: of a file among others; alone in a process, after that was too
 * little; and alone in a later scan, after both were.
 */
export const PARSE_CPU_MS: readonly [number, number, number] = [1_000, 5_000, 20_000];
/** Memory that a parser may take beyond what it starts with. */
export const PARSER_BYTES_MAX = 384 * 1024 * 1024;
/** Parsers at a time: with more of them the one thread that lists and appends is what a scan waits for. */
export const PARSERS_MAX = 4;
/** A parser without work is kept for this long, since who changes one file often changes the next. */
export const PARSER_IDLE_MS = 5_000;
/** A read from an origin that needs longer is no answer: the origin counts as unreachable. */
export const READ_DEADLINE_MS = 30_000;
/** One call to a remote origin: a piece of a listing, a stat, or the next bytes of a read. */
export const CALL_DEADLINE_MS = 8_000;
/** Waits before a remote call is tried once more. */
export const RETRY_MS: readonly number[] = [100, 500, 2_000];
/** What a reader of the mount waits for bytes of a remote file, all tries on all origins together, before EIO. */
export const FETCH_DEADLINE_MS = 20_000;
/** How often every remote origin is asked whether it is there. */
export const HEALTH_CHECK_MS = 30_000;
/** What nobody could look at is tried again after this long at the least, and at the most: a listing of a bucket costs. */
export const UNANSWERED_RETRY_LOCAL = { shortestMs: 60_000, longestMs: 6 * 3_600_000 };
export const UNANSWERED_RETRY_REMOTE = { shortestMs: 15 * 60_000, longestMs: 24 * 3_600_000 };
/** Smallest, wanted and largest size of a chunk. */
export const CHUNK_BYTES_MIN = 16 * 1024;
export const CHUNK_BYTES_AVERAGE = 64 * 1024;
export const CHUNK_BYTES_MAX = 256 * 1024;
/** Memory for chunks that were compared with their checksum: two and more for each of a hundred readers. */
export const VERIFIED_BYTES = 16 * 1024 * 1024;
/** Files of chunks that stay open for the next read: those of some 500 MB, for 12 MB of the kernel's memory. */
export const CHUNK_FILES_OPEN = 8192;
/** What chunks leave free of their disk, for everybody else: the smaller of the two. */
export const FREE_BYTES_MIN = 1024 * 1024 * 1024;
export const FREE_SHARE_MIN = 0.05;
/** Eviction begins above the limit of a cache, and goes on down to this share of it. */
export const CACHE_LOW_WATERMARK = 0.9;
/** What a scanner of tags reads of a file besides its tags: so much at each end of the sound. */
export const EDGE_BYTES = 32 * 1024;
/** Kinds of files that nobody here knows of which a scan tells how many there are; more are told together. */
export const UNKNOWN_KINDS_MAX = 64;
/** First number given to a file; 1 is the root, the ones between are for special directories. */
export const FIRST_FILE_ID = 1024;
/** Directories of `/.origins` are numbered from here on by a hash of their path. */
export const FIRST_ORIGIN_DIRECTORY_ID = 2 ** 49;
/** The node of a file that the tree does not show, as it lies on its origin, is this plus the number of the file. */
export const FIRST_ORIGIN_FILE_ID = 2 ** 50;
/** First number given to a file that is no music. */
export const FIRST_OTHER_FILE_ID = 2 ** 51;
/** Directories are numbered from here up to Number.MAX_SAFE_INTEGER by a hash of their path. */
export const FIRST_DIRECTORY_ID = 2 ** 52;
/** The engine leaves after it had nothing to do for this long. */
export const ENGINE_IDLE_MS = 20_000;
/** A library that is built within this long is waited for; a larger one is mounted meanwhile, and can't be read yet. */
export const BUILD_WAIT_MS = 10_000;
/** Back-off between restarts of an engine that crashed: first, and the most. */
export const ENGINE_RESTART_MS = 250;
export const ENGINE_RESTART_MS_MAX = 30_000;
/** A request to the engine or over the control socket that isn't known to take long. */
export const RPC_DEADLINE_MS = 10_000;
/** One frame of JSON-RPC; a longer one is hostile or a bug. */
export const RPC_FRAME_BYTES_MAX = 16 * 1024 * 1024;
/** Messages in one batch of JSON-RPC: each is answered, were it with an error that is longer than the message. */
export const RPC_BATCH_MAX = 1_000;
/** The share of an origin's files that one scan may remove before a person has to confirm. */
export const REMOVALS_HOLD_DEFAULT = 0.25;
/** Below this many files a large share is no alarm (three of ten tracks deleted is an evening's work). */
export const REMOVALS_HOLD_FILES_MIN = 10;

assert(
  FIRST_FILE_ID < FIRST_ORIGIN_DIRECTORY_ID && FIRST_ORIGIN_DIRECTORY_ID < FIRST_ORIGIN_FILE_ID &&
    FIRST_ORIGIN_FILE_ID < FIRST_OTHER_FILE_ID && FIRST_OTHER_FILE_ID < FIRST_DIRECTORY_ID,
  "numbers of one kind are none of another",
);
assert(FETCH_DEADLINE_MS < READ_DEADLINE_MS, "a fetch gives up before its reader does");
assert(
  CHUNK_BYTES_MIN < CHUNK_BYTES_AVERAGE && CHUNK_BYTES_AVERAGE < CHUNK_BYTES_MAX,
  "the size that chunks should have lies between their bounds",
);
assert(2 * CHUNK_BYTES_MAX < VERIFIED_BYTES, "more than one chunk is remembered");
assert(
  2 * 3 * OBSERVED_BATCH_CHARS < RPC_FRAME_BYTES_MAX,
  "an event of observed files fits a frame, whatever its characters are",
);
assert(HEAD_BYTES <= TAG_BYTES_MAX, "the head is part of what may be read for tags");
assert(4 * TAG_BYTES_MAX < PARSER_BYTES_MAX, "a parser has room for what may be read of a file");
