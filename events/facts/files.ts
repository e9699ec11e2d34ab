import type { ContentVersion, FileId } from "../../src/base/mod.ts";
import type { Fact } from "../log/event.ts";

/** What identifies the content at a path: any difference is another version. */
export interface FileVersion {
  /** Bytes. */
  readonly size: number;
  /** Modification time: seconds since the epoch, and the nanoseconds within that second. */
  readonly mtime_s: number;
  readonly mtime_ns: number;
  /** The tag by which the origin distinguishes versions (S3), without its quotes; absent elsewhere. */
  readonly etag?: string;
  /**
   * On file systems: when the inode last changed (taggers set the mtime back, but nobody can set the ctime), and its
   * number.
   */
  readonly ctime_s?: number;
  readonly ctime_ns?: number;
  readonly inode?: number;
}

/** The permissions and owner of a file on its origin, where the origin has them. */
export interface FileOwnership {
  /** Permission bits, without the type of the file. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * Why a file is no track. `format` is a verdict on its bytes, which holds until they change. The others mean that the
 * bytes could not be examined, and are tried again: a read failed (`io`), a permission is missing (`denied`), or the
 * parser was stopped (`timeout`).
 */
export type UnreadableKind = "format" | "io" | "denied" | "timeout";

/** Tags under the names of music-metadata's common tags; a tag that is absent was not in the file. */
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

/** A value of a tag; lists have at least one member. */
export type DetailValue = string | number | boolean | readonly string[];

/** Where a picture lies in the file; its bytes are not copied into the log. */
export interface PicturePlace {
  /** The kind of picture, as ID3v2 numbers it: 3 is the front cover. */
  readonly type: number;
  readonly mime?: string;
  /** The MIME type is only what the tag says: the first bytes are of no known kind of picture. Not noted before 2026-12. */
  readonly claimed?: true;
  /** Bytes of the picture itself, without its encoding, where that is known. */
  readonly size?: number;
  /** The range of the file in which the picture lies, in bytes. */
  readonly offset: number;
  readonly length: number;
  /**
   * How the picture is encoded in that range; absent when it isn't. `base64-flac` is a FLAC picture block in base64.
   */
  readonly encoding?: "unsynchronised" | "base64" | "base64-flac";
  /** Whether headers of Ogg pages lie between its bytes. */
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

/** Everything else that a file says about itself, within bounds (see limits.ts). No frequent query needs it. */
export interface FileDetails {
  /** Tags under the names of music-metadata's common tags, without those of TrackTags. */
  readonly tags?: Readonly<Record<string, DetailValue>>;
  /** Fields that have no common name, under the names that they have in the file. */
  readonly other?: Readonly<Record<string, string | readonly string[]>>;
  readonly pictures?: readonly PicturePlace[];
  readonly chapters?: readonly Chapter[];
  readonly cue_sheet?: CuePlace;
  /** Names of the fields that were cut or left out because they exceed the bounds. */
  readonly cut?: readonly string[];
  /**
   * The encoding that was assumed for text whose encoding the file does not name; absent when there is no such text.
   */
  readonly encoding?: string;
}

/** Properties of the sound, as the container names them. */
export interface AudioProperties {
  readonly codec?: string;
  readonly duration_ms?: number;
  /** In bits per second. The fields below: Hz, channels, bits per sample. */
  readonly bitrate?: number;
  readonly sample_rate?: number;
  readonly channels?: number;
  readonly bits_per_sample?: number;
}

/** The short name of the container, as `$format` shows it. */
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

/** Files of trackers: notes, and the sounds with which they are played. */
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
  /**
   * The number of the file. The scan that finds a new file gives it; the file keeps it when it moves, vanishes or
   * returns.
   */
  readonly file: FileId;
  /** Relative to the origin's root, `/` between segments (see path_bytes). */
  readonly path: string;
  /** The former path of the file when it was moved. */
  readonly moved_from?: string;
  readonly format?: AudioFormat;
  /**
   * Identity of the sound without its tags, for formats that have one. Files with equal identities may be one
   * recording, but this is no proof.
   */
  readonly audio?: string;
  /** Where the sound lies in the file, in bytes, for formats in which a change of tags leaves the sound as it is. */
  readonly audio_start?: number;
  readonly audio_end?: number;
  readonly tags?: TrackTags;
  readonly details?: FileDetails;
  readonly properties?: AudioProperties;
  readonly unreadable?: string;
  /** `format` when absent. */
  readonly unreadable_kind?: UnreadableKind;
  /**
   * The file's times were so young that bytes written later may have the same times: the file must be looked at again.
   */
  readonly unsettled?: boolean;
  /** The bytes are those that were observed before: they were read again with a newer tag reader or another setting. */
  readonly reread?: boolean;
  /** Version of the tag reader that read the file; 0 when absent. */
  readonly reader?: number;
}

/** A part of a scan: these files are new, changed or moved. */
export type FilesObserved = Fact<"FilesObserved", 1, {
  readonly origin: string;
  /** 0 for files that were read again without a scan: no scan has that number. */
  readonly scan: number;
  /** The scan's position after this batch; a scan that was cut off continues after it. */
  readonly position: string;
  readonly files: readonly ObservedFile[];
}>;

/** These files were missing from a complete, positive listing. */
export type FilesRemoved = Fact<"FilesRemoved", 1, {
  readonly origin: string;
  readonly scan: number;
  readonly files: readonly FileId[];
}>;

/** A file that is no music, as a scan found it. Its content was not read. */
export interface OtherFile extends FileVersion, FileOwnership {
  /** The number of the file, given by the scan that first found it. Files that are music are numbered separately. */
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

/** These files, which are no music, were missing from a complete, positive listing. */
export type OtherFilesRemoved = Fact<"OtherFilesRemoved", 1, {
  readonly origin: string;
  readonly scan: number;
  readonly files: readonly FileId[];
}>;

/** A version of a file: `version` is the position of the event that last gave it other bytes. */
export interface VersionedFile {
  readonly file: FileId;
  readonly version: ContentVersion;
}

/**
 * What two files have in common at the compared places: all bytes, only those of the sound (the tags differ), or too
 * little.
 */
export type Likeness = "bytes" | "sound" | "nothing";

/** A comparison of versions of two files, of different origins. */
export interface CopyComparison extends VersionedFile {
  readonly other: FileId;
  readonly other_version: ContentVersion;
  /** The compared ranges: offsets in `file`, drawn at random from all of it, or from all of its sound. */
  readonly ranges: readonly { readonly from: number; readonly to: number }[];
  /** Offset of the same byte in `other`, minus that in `file`. */
  readonly shift: number;
  readonly alike: Likeness;
}

/**
 * Files that may be copies of one track were compared. From here on they are one track, or are not. The versions in
 * `done` have been compared with all files that are known by now.
 */
export type CopiesCompared = Fact<"CopiesCompared", 1, {
  readonly comparisons: readonly CopyComparison[];
  readonly done: readonly VersionedFile[];
}>;

/**
 * Bytes of a version of a file that were taken over from elsewhere were compared with the origin. When they are not
 * alike, a reader may have got bytes that are not the file's: so the file has another version from here on. When they
 * are alike, today's programs say so in the cache log (`PartsProven`), older ones with this event.
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
