import type { FileOwnership, FileVersion } from "../../../events/facts/files.ts";
import type { FileReading } from "./read_file.ts";

/** A file as a listing had it. */
export interface ListedFile extends FileVersion, FileOwnership {
  /** Relative to the origin's root. */
  readonly path: string;
  /** Whether a parser was stopped on the file in an earlier scan: it gets more time. */
  readonly wasStopped?: boolean;
}

/** Why a file could not be read this time. Nothing is known about it. */
export interface SkippedFile {
  readonly skipped: string;
}

/** Reads the tags of an origin's files during one scan. */
export interface FileReader {
  /** The number of jobs to work on at a time. */
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
