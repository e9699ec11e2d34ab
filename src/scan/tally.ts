import type { UnlistedDirectory } from "../../events/facts/origins.ts";
import { isAtOrBelow } from "../origins/mod.ts";

/** What one scan has met so far: the parts of the scan count here. Numbers of files are of music only. */
export class ScanTally {
  listed = 0;
  /** How many listed files are unchanged, or have come back from the reader. */
  done = 0;
  read = 0;
  unreadable = 0;
  /** Directories and files that the origin could not list. */
  readonly unlisted: UnlistedDirectory[] = [];
  /** Files that were listed but could not be looked at. */
  readonly unread: UnlistedDirectory[] = [];
  /** How many of the unread files were known. */
  unanswered = 0;

  /** Whether a path lies at or below one that could not be listed, so that nothing follows from its absence. */
  isHidden(path: string): boolean {
    return this.unlisted.some((at) => isAtOrBelow(path, at.path));
  }
}
