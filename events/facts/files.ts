import type { ContentVersion, FileId } from "../../src/base/mod.ts";
import type { Fact } from "../log/event.ts";

/** What identifies the content of a location: any difference is another version. */
export interface FileVersion {
  /** Bytes. */
  readonly size: number;
  /** Modification time: seconds since the epoch, and the nanoseconds within that second. */
  readonly mtime_s: number;
  readonly mtime_ns: number;
  /** Where an origin tells versions apart by a tag of its own (S3): that tag, without its quotes. */
  readonly etag?: string;
  /** On file systems: when the inode last changed (taggers put the mtime back, nobody the ctime), and its number. */
  readonly ctime_s?: number;
  readonly ctime_ns?: number;
  readonly inode?: number;
}

/** Who may do what with a file on its origin, where that says so. */
export interface FileOwnership {
  /** Permission bits, without the type of the file. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * Why a file is no track: `format` is a verdict on its bytes, which holds until they change. The others say that nobody
 * could look: a read that failed, a permission that lacks, a parser that was stopped. Those are tried again.
 */
export type UnreadableKind = "format" | "io" | "denied" | "timeout";

/** Tags under the names of music-metadata's common tags; what is absent was not in the file. */
export interface TrackTags {
  readonly title?: string;
  readonly artist?: string;
  readonly artists?: readonly string[];
  readonly albumartist?: string;
  readonly album?: string;
  readonly track?: { readonly no: number | null; readonly of: number | null };
  readonly disk?: { readonly no: number | null; readonly of: number | null };
  readonly year?: number;
  readonly date?: string;
  readonly genre?: readonly string[];
  readonly composer?: readonly string[];
  readonly compilation?: boolean;
}

/** A value of a tag: lists are of one and more. */
export type DetailValue = string | number | boolean | readonly string[];

/** Where in the file a picture lies; nobody copies it into the log. */
export interface PicturePlace {
  /** What it shows, as ID3v2 numbers it: 3 is the front cover. */
  readonly type: number;
  readonly mime?: string;
  /** Bytes of the picture itself, where that is known. */
  readonly size?: number;
  /** The range of the file. */
  readonly offset: number;
  readonly length: number;
  /** How the picture stands there when not as it is: `base64-flac` is a FLAC picture block in base64. */
  readonly encoding?: "unsynchronised" | "base64" | "base64-flac";
  /** Headers of Ogg pages stand between its bytes. */
  readonly paged?: true;
}

/** Where an embedded cue sheet lies: text, a FLAC block, or an ID3v2 frame with its encoding. */
export interface CuePlace {
  readonly kind: "text" | "flac" | "id3";
  readonly offset: number;
  readonly length: number;
  readonly paged?: true;
}

export interface Chapter {
  readonly title: string;
  readonly start_ms: number;
  readonly end_ms?: number;
}

/** What else a file says about itself, within bounds (see limits.ts). Nothing that is read often needs it. */
export interface FileDetails {
  /** Under the names of music-metadata's common tags, without those of TrackTags. */
  readonly tags?: Readonly<Record<string, DetailValue>>;
  /** Fields that have no such name, under the one that they have in the file. */
  readonly other?: Readonly<Record<string, string | readonly string[]>>;
  readonly pictures?: readonly PicturePlace[];
  readonly chapters?: readonly Chapter[];
  readonly cue_sheet?: CuePlace;
  /** Names of what was cut or left out as it is beyond the bounds. */
  readonly cut?: readonly string[];
  /** In what encoding text was read whose encoding the file does not name; absent when there is none. */
  readonly encoding?: string;
}

/** What the container says about the sound. */
export interface AudioProperties {
  readonly codec?: string;
  readonly duration_ms?: number;
  /** Bits per second, Hz, channels, bits per sample. */
  readonly bitrate?: number;
  readonly sample_rate?: number;
  readonly channels?: number;
  readonly bits_per_sample?: number;
}

/** Short name of the container, as `$format` shows it. */
export type AudioFormat =
  | "flac"
  | "mp3"
  | "m4a"
  | "m4b"
  | "ogg"
  | "opus"
  | "wav"
  | "aiff"
  | "ape"
  | "wv"
  | "mpc"
  | "wma"
  | "dsf"
  | "dff"
  | "aac"
  | "mp2"
  | "mp1"
  | "spx"
  | "mka"
  | "webm"
  | "tta"
  | "tak"
  | "ac3"
  | "eac3"
  | "dts"
  | "shn"
  | ModuleFormat;

/** Notes and the sounds they are played with, as trackers write them. */
export type ModuleFormat =
  | "mod"
  | "xm"
  | "it"
  | "s3m"
  | "mtm"
  | "stm"
  | "med"
  | "okt"
  | "669"
  | "ult"
  | "far"
  | "ptm";

/** A file as a scan found it. Either `format` is set, or `unreadable` says why there is no track. */
export interface ObservedFile extends FileVersion, FileOwnership {
  /** Number of the file, given by the scan when it is new; kept when it moves, vanishes or returns. */
  readonly file: FileId;
  /** Relative to the origin's root, `/` between segments (see path_bytes). */
  readonly path: string;
  /** Where the same file was before, when this is a move. */
  readonly moved_from?: string;
  readonly format?: AudioFormat;
  /** Identity of the sound without its tags, where the format has one. Equal ones may be one recording: it is no proof. */
  readonly audio?: string;
  /** Where the sound lies in the file, in bytes, for formats where retagging leaves that part as it is. */
  readonly audio_start?: number;
  readonly audio_end?: number;
  readonly tags?: TrackTags;
  readonly details?: FileDetails;
  readonly properties?: AudioProperties;
  readonly unreadable?: string;
  /** `format` when absent. */
  readonly unreadable_kind?: UnreadableKind;
  /** Its times were so young that bytes written later may have the same: it has to be looked at again. */
  readonly unsettled?: boolean;
  /** The bytes are those that were observed before: another reader, or another setting, looked at them again. */
  readonly reread?: boolean;
  /** Version of the tag reader that looked at the file; 0 when absent. */
  readonly reader?: number;
}

/** A part of a scan: these files are new, changed or moved. */
export type FilesObserved = Fact<"FilesObserved", 1, {
  readonly origin: string;
  /** 0 for files that were read again without a scan: no scan has that number. */
  readonly scan: number;
  /** The walk's position after this batch; a scan that was cut off goes on behind it. */
  readonly position: string;
  readonly files: readonly ObservedFile[];
}>;

/** A complete, positive listing did not have these files any more. */
export type FilesRemoved = Fact<"FilesRemoved", 1, {
  readonly origin: string;
  readonly scan: number;
  readonly files: readonly FileId[];
}>;

/** A file that is no music, as a scan found it: nobody looked into it. */
export interface OtherFile extends FileVersion, FileOwnership {
  /** Number of the file, given by the scan that found it first; it is no number of music. */
  readonly file: FileId;
  /** Relative to the origin's root, `/` between segments (see path_bytes). */
  readonly path: string;
}

/** A part of a scan: these files are no music, and new or changed. */
export type OtherFilesObserved = Fact<"OtherFilesObserved", 1, {
  readonly origin: string;
  readonly scan: number;
  readonly files: readonly OtherFile[];
}>;

/** A complete, positive listing did not have these files any more, which are no music. */
export type OtherFilesRemoved = Fact<"OtherFilesRemoved", 1, {
  readonly origin: string;
  readonly scan: number;
  readonly files: readonly FileId[];
}>;

/** A version of a file: `version` is the position of the event that last brought it other bytes. */
export interface VersionedFile {
  readonly file: FileId;
  readonly version: ContentVersion;
}

/**
 * What two files have in common at the places that were looked at: all of them, only those of the sound (tags differ), or
 * too little.
 */
export type Likeness = "bytes" | "sound" | "nothing";

/** Bytes of versions of two files, of different origins, were compared. */
export interface CopyComparison extends VersionedFile {
  readonly other: FileId;
  readonly other_version: ContentVersion;
  /** What was compared: offsets in `file`, drawn at random over all of it, or over all of its sound. */
  readonly ranges: readonly { readonly from: number; readonly to: number }[];
  /** Offset of the same byte in `other`, less that in `file`. */
  readonly shift: number;
  readonly alike: Likeness;
}

/**
 * Files that may be copies of one track were compared, and are one from here on, or not. Of the versions in `done` nothing
 * is left to be compared with anything that is known by now.
 */
export type CopiesCompared = Fact<"CopiesCompared", 1, {
  readonly comparisons: readonly CopyComparison[];
  readonly done: readonly VersionedFile[];
}>;

/**
 * What was known of a version of a file from elsewhere was compared with the origin. When it is not alike, bytes that are not
 * the file's may have been given out: what the file has from here on is another version. That it is alike is said in the
 * cache log now (`PartsProven`); library logs of before have it here.
 */
export type PartsCompared = Fact<"PartsCompared", 1, {
  readonly file: FileId;
  readonly version: ContentVersion;
  readonly by: "bytes" | "md5" | "etag";
  readonly alike: boolean;
}>;

export type FileEvent =
  | PartsCompared
  | FilesObserved
  | FilesRemoved
  | OtherFilesObserved
  | OtherFilesRemoved
  | CopiesCompared;
