import type { FileVersion } from "../../events/file_events.ts";

/** A file of a directory that is not removed, as the projections know it. */
export interface KnownFile extends FileVersion {
  readonly file: number;
  /** Last segment of its path. */
  readonly name: string;
  readonly unreadable: boolean;
}

/** A file with the sound that was asked for, removed or not. */
export interface KnownSound {
  readonly file: number;
  readonly path: string;
  readonly removed: boolean;
}

/**
 * What a scan asks about the origin that it scans. Answers may lag behind what the same scan appended: it
 * keeps what it decided itself. Paths are relative to the origin's root, "" for the root.
 */
export interface KnownFiles {
  /** Whether the origin never had a file, removed ones included: then nothing else is worth asking. */
  isEmpty(): boolean;
  /** Files that are not removed. */
  liveCount(): number;
  /** Files of one directory that are not removed. */
  inDirectory(directory: string): readonly KnownFile[];
  /** Directories right below that have files that are not removed, in them or deeper. */
  subdirectories(directory: string): Iterable<string>;
  /** Files at any depth below that are not removed. */
  below(directory: string): Iterable<{ readonly file: number; readonly path: string }>;
  /** The removed file that was last at this path. */
  removedAt(path: string): { readonly file: number; readonly audio: string | null } | undefined;
  /** Files with this sound, in the order of their numbers. */
  withAudio(audio: string): readonly KnownSound[];
}
