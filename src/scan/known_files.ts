import type { FileId } from "../base/mod.ts";
import type { FileVersion } from "../../events/facts/files.ts";
import type { KnownFile, ObservedFacts } from "../../projections/mod.ts";

export type { KnownFile, ObservedFacts };

/** A file with the requested sound, removed or not. */
export interface KnownSound extends Pick<FileVersion, "size" | "mtime_s" | "mtime_ns"> {
  readonly file: FileId;
  readonly path: string;
  readonly removed: boolean;
  /** The length of the sound in bytes; undefined when its place is not known. */
  readonly soundBytes: number | undefined;
  /** The file's tags as JSON. */
  readonly tags: string;
  /** Whether a former program identified the sound by less of it than this one does. */
  readonly isWeak: boolean;
  /** Whether the file is of an origin that the settings no longer name. */
  readonly isElsewhere: boolean;
}

/** A known file that may have come back, or may have come here from another root. */
export interface FormerFile {
  readonly file: FileId;
  /** The last segment of the path. */
  readonly name: string;
  /** Whether the file was seen below another root: the inodes of that file system say nothing about this one. */
  readonly isElsewhere: boolean;
  readonly version: FileVersion;
  readonly facts: ObservedFacts;
}

/**
 * The questions that a scan asks about its origin. The answers may lag behind what the same scan appended, so a scan
 * remembers its own decisions. Paths are relative to the origin's root, which is "".
 */
export interface KnownFiles {
  /** Whether no known file can be a file of this origin. Then the scan need not ask anything else. */
  isEmpty(): boolean;
  /** The number of files that are not removed. */
  liveCount(): number;
  /** Whether files have other names (hard links) besides the one under which they are known. */
  hasOtherNames(): boolean;
  /** The files of one directory that are not removed. */
  inDirectory(directory: string): readonly KnownFile[];
  /**
   * The readable files that were last in this directory: removed ones, those of origins that the settings no longer
   * name, and, until the first scan below another root, those that are there.
   */
  formerlyIn(directory: string): readonly FormerFile[];
  /** Every directory that directly holds files that are not removed. */
  directories(): Iterable<string>;
  /** The directories directly below that hold files that are not removed, in them or deeper. */
  subdirectories(directory: string): Iterable<string>;
  /** The files at any depth below that are not removed. */
  below(directory: string): Iterable<{ readonly file: FileId; readonly path: string }>;
  /** The directories in which earlier scans met a mounted file system; "" is the origin's root. */
  mounts(): Iterable<string>;
  /** The paths that earlier scans could not look at and reported. */
  unlisted(): Iterable<string>;
  /** The facts that were last observed of a file. */
  facts(file: FileId): ObservedFacts | undefined;
  /** The removed file that was last at this path. */
  removedAt(path: string): { readonly file: FileId; readonly audio: string | null } | undefined;
  /**
   * The files with this sound, here or on origins that the settings no longer name, in the order of their numbers. None
   * when so many files have the sound that it identifies nothing.
   */
  withAudio(audio: string): readonly KnownSound[];
}
