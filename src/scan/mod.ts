/**
 * From an origin to facts in the log. A scan walks the origin as a stream and compares each directory with
 * what is known of it, by size, modification time and ETag alone; what is new or changed is read ahead and appended in the order of the walk, so that the last `position` says how far it came.
 *
 * Numbers: a file keeps its number at its path. A file at a new path is a known one when its sound is, and
 * the origin says positively that the known one is gone; where case does not count, a name that is answered to and
 * not listed is gone. No number is ever given to two files, also by two scans at once.
 *
 * What is known of files does not hang on the name of their origin: when that is given another id or root, each file
 * with the path, size and time of one that is known is that one, and is not read. Others are known by their sound.
 *
 * Removal: only a listing that ended without an error removes anything, and not what lies below a directory
 * that could not be listed. Too much at once is held until a person confirms. An origin that falls silent ends the
 * scan: what was found stays, nothing is concluded about the rest, and the next scan goes on from there.
 *
 * Between two scans the known files may lag behind the log, never the other way round; a scan remembers what
 * it gave away itself. Not guaranteed: that a number follows its sound when another file takes its place, as
 * when two files swap their names; there it stays with the path.
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
export { scanOrigin, type ScanOutcome, type ScanParts, type ScanRequest } from "./scanner.ts";
