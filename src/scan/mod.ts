/**
 * From an origin to events in the log. A scan walks the origin as a stream and compares each directory with the known
 * files, by their versions (see `isSameVersion`). It reads new and changed files ahead and appends them in the order of
 * the walk, so the last `position` says how far the scan came.
 *
 *     OriginWalk -> MusicFiles -> compareDirectory -> OrderedReadings -> ReadingRecorder -> ObservedBatches -> log
 *                -> OtherFiles (files that are no music) -> log
 *     MissingFiles (known and not met) -> findRemovals -> log
 *
 * Numbers: a file keeps its number at its path. A file at a new path is a known one when it has the known one's sound
 * and the origin says positively that the known one is gone. Where case does not count, a name that the origin answers
 * to but does not list is gone. No number is ever given to two files, not even by two scans at once.
 *
 * Known files do not depend on the id or the root of their origin. When either changes, each file with the path, size
 * and time of a known file is that file, and is not read. Other files are recognized by their sound.
 *
 * Removal: only a listing that ended without an error removes files, and never those below a directory that could not
 * be listed. When too many files are missing at once, their removal is held until a person confirms it. An origin that
 * falls silent ends the scan: what was found stays, nothing is concluded about the rest, and the next scan continues
 * from there.
 *
 * Between two scans the known files may lag behind the log, but are never ahead of it; a scan remembers the numbers
 * that it gave away. Not guaranteed: that a number follows its sound when another file takes the file's place, as when
 * two files swap their names. Then the number stays with the path.
 *
 * @module
 */
export type {
  FormerFile,
  KnownFile,
  KnownFiles,
  KnownSound,
  ObservedFacts,
} from "./known_files.ts";
export type { KnownOtherFiles } from "./other_files.ts";
export type { ScanProgress } from "./progress.ts";
export type { ScanOutcome, ScanParts, ScanRequest } from "./scan_request.ts";
export { scanOrigin } from "./scanner.ts";
