/**
 * Every bound of the program, with its reason, in one place. Times are in ms, sizes in bytes.
 *
 * @module
 */
import { assert } from "./assert.ts";

/**
 * Pace at which files are read again that an older version of the tag reader read: 100,000 of them take 17 minutes,
 * unnoticed.
 */
export const REREAD_FILES_PER_SECOND = 100;
/** POSIX NAME_MAX: longest name of a virtual path segment, in bytes. */
export const NAME_BYTES_MAX = 255;
/** Files in one `FilesObserved`: large enough that an fsync is amortised, small enough to show progress. */
export const OBSERVED_BATCH_FILES = 512;
/**
 * Text in one `FilesObserved`, in characters of JSON. A batch of usual files has half a million; 512 files of an
 * attacker could have 50 million. One such event, with one file beyond the bound, still fits into one frame of
 * JSON-RPC.
 */
export const OBSERVED_BATCH_CHARS = 2 * 1024 * 1024;
/** An open batch is appended after this long even when it is not full, so that a slow scan is durable too. */
export const OBSERVED_BATCH_MS = 1_000;
/**
 * First read of an audio file. It holds the tags of nearly every file without a large picture up front; four times as
 * much took longer to copy than to parse.
 */
export const HEAD_BYTES = 16 * 1024;
/** The most that is read of one file to find its tags (a FLAC may have several pictures before its comments). */
export const TAG_BYTES_MAX = 16 * 1024 * 1024;
/** Longest query in characters: a name in a directory has 255 bytes, what a person types has less. */
export const QUERY_CHARS_MAX = 4_096;
/** Words, phrases and ranges in one query; each is a question of its own to an index. */
export const QUERY_TERMS_MAX = 256;
/** How deep parts of a query lie within one another: whoever walks it may recurse. */
export const QUERY_DEPTH_MAX = 32;
/** Results of one search. */
export const SEARCH_RESULTS_MAX = 10_000;
/** Results that a directory of `/.search` shows: more is a query that nobody looks through. */
export const SEARCH_SHOWN_MAX = 1_000;
/**
 * Queries of `/.search` whose results the mount keeps: 0.3 MB each at the most. A program that lists more directories
 * at once makes the engine search again.
 */
export const SEARCH_LISTINGS_MAX = 16;
/** Queries of `/.search` whose names the mount keeps; of older ones the kernel is told to forget them. */
export const SEARCH_NAMES_MAX = 1_024;
/** Queries that a listing of `/.search` names. */
export const SEARCH_RECENT_MAX = 32;
/** How long a directory of `/.search` waits for the engine, its start included, before it is EIO. */
export const SEARCH_DEADLINE_MS = 10_000;
/**
 * For how long results of a search hold in `/.search`: a new track is found within 2 s, and a program that lists a
 * directory and then looks at each name makes the engine search once.
 */
export const SEARCH_FRESH_MS = 1_000;
/** How long results that nobody looks at are kept: to play a found track takes a name and nothing else. */
export const SEARCH_KEPT_MS = 60_000;
/**
 * Tracks in one event that saves a list of them: 40 KB. A longer list goes on in the events behind it, and has at most
 * this many tracks.
 */
export const COLLECTION_EVENT_TRACKS = 10_000;
export const COLLECTION_TRACKS_MAX = 100_000;
/** A longer file is no playlist: 50,000 entries with long paths have as much. */
export const PLAYLIST_BYTES_MAX = 4 * 1024 * 1024;
/** Entries of a playlist file: more than anybody's whole collection on a phone. */
export const PLAYLIST_ENTRIES_MAX = 50_000;
/**
 * Entries of a playlist that mean no track yet and are looked for again after later scans, and their characters: a list
 * with more of them is of another library.
 */
export const PLAYLIST_SOUGHT_MAX = 1_000;
export const PLAYLIST_SOUGHT_CHARS_MAX = 256 * 1024;
/** Saved collections: whoever lists them reads all their names. */
export const COLLECTIONS_MAX = 4_096;
/** Longest name of a collection, in bytes: with `.m3u8` behind it, it is the name of a file. */
export const COLLECTION_NAME_BYTES_MAX = 250;
/** Tracks that a directory of `/.collections` and a playlist there show: 2 MB of names, 3 MB of paths. */
export const COLLECTION_SHOWN_MAX = 20_000;
/** Bytes of a playlist in `/.collections`: twice as many as 20,000 usual paths have. */
export const COLLECTION_PLAYLIST_BYTES_MAX = 6 * 1024 * 1024;
/** Names that the engine sends at a time, first and after that: the first ones are listed while it makes the others. */
export const COLLECTION_FIRST_NAMES = 512;
export const COLLECTION_PAGE_NAMES = 2_000;
/** Collections of which the mount keeps the names, and the playlist. */
export const COLLECTIONS_KEPT = 8;
/** For how long what a collection with ages in its query had holds, while the library stays as it is. */
export const COLLECTION_TIMED_MS = 5_000;
/** Directories of `/.by` that the mount knows, 3 MB; of older ones the kernel is told to forget them. */
export const BY_DIRECTORIES_MAX = 8_192;
/** Directories of `/.by` of whose listing the kernel is told at once that it is outdated, instead of a moment later. */
export const BY_UNTOLD_MAX = 256;
/**
 * For how long the kernel may keep that a value has a directory, in ms: one whose last track is gone is empty until then.
 */
export const BY_VALUE_KEPT_MS = 60_000;
/**
 * Names in directories of `/.by` that the engine keeps besides those of the last directory: 50 MB. A directory of more
 * is kept as long as nobody looks into another.
 */
export const BY_LISTED_MAX = 400_000;
/** Longest text of a tag that places a track, in characters: more is a mistake or an attack. */
export const TAG_TEXT_MAX = 1_024;
/**
 * How much of a file's other tags is kept: characters of one text (lyrics are longer than a name), values of one
 * field, fields that have no common name, pictures and chapters, and characters of JSON of all together. If 100,000
 * files had the most, their log would have 1.6 GB; usual files have less than 1 KB.
 */
export const DETAIL_TEXT_MAX = 4_096;
export const DETAIL_LIST_MAX = 64;
export const DETAIL_OTHER_MAX = 64;
export const DETAIL_PLACES_MAX = 256;
export const DETAIL_BYTES_MAX = 16 * 1024;
/** A larger picture is no cover: covers in print quality have 10 MB. */
export const PICTURE_BYTES_MAX = 32 * 1024 * 1024;
/** A picture of more pixels is not made smaller: decoded, this many take a GiB. */
export const PICTURE_PIXELS_MAX = 50_000_000;
/** The sizes in which covers may be wanted: the longer side in pixels. A larger one might not fit into one chunk. */
export const COVER_PIXELS_MIN = 16;
export const COVER_PIXELS_MAX = 1_000;
/** Most sizes that a cover has. */
export const COVER_SIZES_MAX = 8;
/**
 * Processor time that making a picture smaller may take, in ms: among others; then alone in a process. Decoding
 * PICTURE_PIXELS_MAX takes 3 s to 10 s on the development machine.
 */
export const RESIZE_CPU_MS: readonly [number, number, number] = [5_000, 20_000, 20_000];
/** Memory that a process that makes pictures smaller may take beyond what it starts with. */
export const RESIZER_BYTES_MAX = 1_280 * 1024 * 1024;
/** Such processes at a time. */
export const RESIZERS_MAX = 2;
/** How long a look-up of a smaller cover waits for the engine, its start included, before it is EIO. */
export const RESIZE_DEADLINE_MS = 10_000;
/** Smaller covers that the mount remembers. Others it finds again in the store, or has them made again. */
export const SIZED_COVERS_MAX = 4_096;
/**
 * Processor time that parsing one file may take, in ms: first among other files; then alone in a process; then alone
 * in a later scan. Each try follows when the time before was too short.
 */
export const PARSE_CPU_MS: readonly [number, number, number] = [1_000, 5_000, 20_000];
/** Memory that a parser process may take beyond what it starts with. */
export const PARSER_BYTES_MAX = 384 * 1024 * 1024;
/** Parser processes at a time. With more of them a scan waits for the one thread that lists and appends. */
export const PARSERS_MAX = 4;
/** How long a parser without work is kept: a person who changes one file often changes the next. */
export const PARSER_IDLE_MS = 5_000;
/** Deadline of a read from an origin. An origin that takes longer counts as unreachable. */
export const READ_DEADLINE_MS = 30_000;
/** Deadline of one call to a remote origin: a piece of a listing, a stat, or the next bytes of a read. */
export const CALL_DEADLINE_MS = 8_000;
/** Waits before a remote call is tried once more. */
export const RETRY_MS: readonly number[] = [100, 500, 2_000];
/** How long a reader of the mount waits for bytes of a remote file, over all tries on all origins, before it gets EIO. */
export const FETCH_DEADLINE_MS = 20_000;
/** How often every remote origin is asked whether it is reachable. */
export const HEALTH_CHECK_MS = 30_000;
/**
 * When a file that nobody could read is tried again: after the shortest wait at the least, the longest at the most.
 * Listing a bucket costs money, so remote origins wait longer.
 */
export const UNANSWERED_RETRY_LOCAL = { shortestMs: 60_000, longestMs: 6 * 3_600_000 };
export const UNANSWERED_RETRY_REMOTE = { shortestMs: 15 * 60_000, longestMs: 24 * 3_600_000 };
/** Smallest, wanted and largest size of a chunk. */
export const CHUNK_BYTES_MIN = 16 * 1024;
export const CHUNK_BYTES_AVERAGE = 64 * 1024;
export const CHUNK_BYTES_MAX = 256 * 1024;
/** Memory for chunks whose checksum was compared: two and more for each of a hundred readers. */
export const VERIFIED_BYTES = 16 * 1024 * 1024;
/** Chunk files that stay open for the next read: those of some 500 MB of music, for 12 MB of the kernel's memory. */
export const CHUNK_FILES_OPEN = 8192;
/** What chunks leave free of their disk for everybody else: the smaller of these two. */
export const FREE_BYTES_MIN = 1024 * 1024 * 1024;
export const FREE_SHARE_MIN = 0.05;
/** Eviction begins when a cache is above its limit, and goes on until it is below this share of it. */
export const CACHE_LOW_WATERMARK = 0.9;
/** How much a player's tag scanner reads at each end of the sound, besides the tags. */
export const EDGE_BYTES = 32 * 1024;
/** How many unknown kinds of files a scan counts one by one; the rest are counted together. */
export const UNKNOWN_KINDS_MAX = 64;
/** First number given to a file. 1 is the root; the numbers between are for special directories. */
export const FIRST_FILE_ID = 1024;
/** Directories of `/.views` have a hash of their path, below the number of hashes, added to this as their number. */
export const FIRST_VIEW_DIRECTORY_ID = 2 ** 46;
export const VIEW_DIRECTORIES = 2 ** 46;
/** Directories of `/.search` have a hash of their query, below the number of hashes, added to this as their number. */
export const FIRST_SEARCH_DIRECTORY_ID = 2 ** 47;
export const SEARCH_NUMBERS = 2 ** 47;
/** The file that says what is wrong with a query has that hash added to this. */
export const FIRST_SEARCH_ERROR_ID = 2 ** 48;
/** What belongs to a collection has a hash of its name, below the number of hashes, added to one of these. */
export const FIRST_COLLECTION_ID = FIRST_SEARCH_ERROR_ID + SEARCH_NUMBERS;
export const COLLECTION_NUMBERS = 2 ** 45;
/** Directories of `/.by` have a hash of what they have, below the number of hashes, added to this as their number. */
export const FIRST_BY_DIRECTORY_ID = FIRST_COLLECTION_ID + 3 * COLLECTION_NUMBERS;
export const BY_NUMBERS = 2 ** 45;
/** Directories of `/.origins` have a hash of their path, added to this, as their number. */
export const FIRST_ORIGIN_DIRECTORY_ID = 2 ** 49;
/** A file that the tree does not show has, in `/.origins`, its file number plus this as its node number. */
export const FIRST_ORIGIN_FILE_ID = 2 ** 50;
/** First number given to a file that is no music. */
export const FIRST_OTHER_FILE_ID = 2 ** 51;
/** A cover made smaller has the number of the cover's node, packed, and its size as its node number, from here on. */
export const FIRST_SIZED_COVER_ID = FIRST_OTHER_FILE_ID + 2 ** 49;
/** A picture in a track has, as its node number, its place among the track's pictures and the track's number. */
export const FIRST_PICTURE_ID = FIRST_OTHER_FILE_ID + 2 ** 50;
/** Directories of the tree have a hash of their path, from here up to Number.MAX_SAFE_INTEGER, as their number. */
export const FIRST_DIRECTORY_ID = 2 ** 52;
/** How long the engine stays without anything to do before it ends. */
export const ENGINE_IDLE_MS = 20_000;
/** How long a mount waits for a library that is being built. After that it is mounted and can't be read yet. */
export const BUILD_WAIT_MS = 10_000;
/** Wait before an engine that crashed is started again: the first, and the longest. */
export const ENGINE_RESTART_MS = 250;
export const ENGINE_RESTART_MS_MAX = 30_000;
/** Deadline of a request to the engine or over the control socket that isn't known to take long. */
export const RPC_DEADLINE_MS = 10_000;
/** Longest frame of JSON-RPC: a longer one comes from an attacker or a bug. */
export const RPC_FRAME_BYTES_MAX = 16 * 1024 * 1024;
/**
 * Messages in one batch of JSON-RPC. Each of them is answered, and the answer may be an error longer than the
 * message.
 */
export const RPC_BATCH_MAX = 1_000;
/** The share of an origin's files that one scan may remove before a person has to confirm. */
export const REMOVALS_HOLD_DEFAULT = 0.25;
/** Below this many files a large share is no alarm (three of ten tracks deleted is an evening's work). */
export const REMOVALS_HOLD_FILES_MIN = 10;

assert(
  FIRST_FILE_ID < FIRST_VIEW_DIRECTORY_ID &&
    FIRST_VIEW_DIRECTORY_ID + VIEW_DIRECTORIES <= FIRST_SEARCH_DIRECTORY_ID &&
    FIRST_SEARCH_DIRECTORY_ID + SEARCH_NUMBERS <= FIRST_SEARCH_ERROR_ID &&
    FIRST_SEARCH_ERROR_ID + SEARCH_NUMBERS <= FIRST_COLLECTION_ID &&
    FIRST_COLLECTION_ID + 3 * COLLECTION_NUMBERS <= FIRST_BY_DIRECTORY_ID &&
    FIRST_BY_DIRECTORY_ID + BY_NUMBERS <= FIRST_ORIGIN_DIRECTORY_ID &&
    FIRST_ORIGIN_DIRECTORY_ID < FIRST_ORIGIN_FILE_ID &&
    FIRST_ORIGIN_FILE_ID < FIRST_OTHER_FILE_ID && FIRST_OTHER_FILE_ID < FIRST_SIZED_COVER_ID &&
    FIRST_SIZED_COVER_ID < FIRST_PICTURE_ID &&
    FIRST_PICTURE_ID < FIRST_DIRECTORY_ID,
  "numbers of one kind are none of another",
);
assert(
  SEARCH_RECENT_MAX + SEARCH_LISTINGS_MAX < SEARCH_NAMES_MAX,
  "queries that are listed have their names kept",
);
assert(SEARCH_SHOWN_MAX <= SEARCH_RESULTS_MAX, "a directory shows what a search finds");
assert(
  COLLECTION_NAME_BYTES_MAX + ".m3u8".length <= NAME_BYTES_MAX,
  "the playlist of every collection has a name",
);
assert(2 * COLLECTION_PLAYLIST_BYTES_MAX < RPC_FRAME_BYTES_MAX, "a playlist fits a frame");
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
