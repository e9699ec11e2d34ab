import type { FileOwnership, FileVersion } from "../../../events/facts/files.ts";
import type { FileReading } from "./read_file.ts";

/** A file as it was listed. */
export interface ListedFile extends FileVersion, FileOwnership {
  /** Relative to the origin's root. */
  readonly path: string;
  /** A parser was stopped on it when it was last looked at: it is given more time. */
  readonly wasStopped?: boolean;
}

/** Why a file could not be read this time; nothing is known about it. */
export interface SkippedFile {
  readonly skipped: string;
}

/** What reads the tags of an origin's files, during one scan. */
export interface FileReader {
  /** Jobs that are worked on at a time. */
  readonly size: number;
  /**
   * Readings in the order of `files`. Rejects with SourceUnanswered or OriginUnreachable when the origin does not
   * answer, and with the signal's reason.
   */
  read(
    files: readonly ListedFile[],
    signal: AbortSignal,
  ): Promise<readonly (FileReading | SkippedFile)[]>;
}
