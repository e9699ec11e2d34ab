import type { FileId } from "../base/mod.ts";
import type { FileOwnership, FileVersion, UnreadableKind } from "../../events/facts/files.ts";
import type { ObservedFacts } from "../../projections/mod.ts";

export type { ObservedFacts };

/** A file of a directory that is not removed, as the projections know it. */
export interface KnownFile extends FileVersion, FileOwnership {
  readonly file: FileId;
  /** Last segment of its path. */
  readonly name: string;
  /** Why it is no track; undefined for one that is. */
  readonly unreadable: UnreadableKind | undefined;
  /** Its times were too young to tell it from bytes written later. */
  readonly unsettled: boolean;
}

/** A file with the sound that was asked for, removed or not. */
export interface KnownSound extends Pick<FileVersion, "size" | "mtime_s" | "mtime_ns"> {
  readonly file: FileId;
  readonly path: string;
  readonly removed: boolean;
  /** Bytes of the sound; undefined where its place is not known. */
  readonly soundBytes: number | undefined;
  /** JSON of its tags. */
  readonly tags: string;
  /** A former program told its sound from others by less than this one. */
  readonly isWeak: boolean;
  /** On an origin that nobody names any more. */
  readonly isElsewhere: boolean;
}

/** What is known of a file that may be back, or may have come here from another root. */
export interface FormerFile {
  readonly file: FileId;
  /** Last segment of its path. */
  readonly name: string;
  /** It was seen below another root: what a file system says of its inodes says nothing here. */
  readonly isElsewhere: boolean;
  readonly version: FileVersion;
  readonly facts: ObservedFacts;
}

/**
 * What a scan asks about the origin that it scans. Answers may lag behind what the same scan appended: it
 * keeps what it decided itself. Paths are relative to the origin's root, "" for the root.
 */
export interface KnownFiles {
  /** Whether there never was a file that one of this origin may be: then nothing else is worth asking. */
  isEmpty(): boolean;
  /** Files that are not removed. */
  liveCount(): number;
  /** Whether files have other names (hard links) besides the one under which they are known. */
  hasOtherNames(): boolean;
  /** Files of one directory that are not removed. */
  inDirectory(directory: string): readonly KnownFile[];
  /**
   * Readable files that were last in this directory: removed ones, those of origins that nobody names any more, and
   * until the first scan below another root those that are there.
   */
  formerlyIn(directory: string): readonly FormerFile[];
  /** Every directory that has files that are not removed. */
  directories(): Iterable<string>;
  /** Directories right below that have files that are not removed, in them or deeper. */
  subdirectories(directory: string): Iterable<string>;
  /** Files at any depth below that are not removed. */
  below(directory: string): Iterable<{ readonly file: FileId; readonly path: string }>;
  /** Directories that earlier scans met as file systems of their own; "" is the origin's root. */
  mounts(): Iterable<string>;
  /** Paths that earlier scans could not look at, and named. */
  unlisted(): Iterable<string>;
  /** What was observed of a file last. */
  facts(file: FileId): ObservedFacts | undefined;
  /** The removed file that was last at this path. */
  removedAt(path: string): { readonly file: FileId; readonly audio: string | null } | undefined;
  /**
   * Files with this sound, here or on origins that nobody names any more, in the order of their numbers; none where so
   * many have it that it tells nothing.
   */
  withAudio(audio: string): readonly KnownSound[];
}
