import type { MusicEvent } from "../../events/log/event_log.ts";
import type { ScanMode } from "../../events/facts/origins.ts";
import type { Clock, Exclusions, FileId } from "../base/mod.ts";
import type { FileReader } from "../metadata/mod.ts";
import type { Origin } from "../origins/mod.ts";
import type { KnownFiles } from "./known_files.ts";
import type { KnownOtherFiles } from "./other_files.ts";
import type { ScanProgress } from "./progress.ts";

/** The parts with which a scan works. */
export interface ScanParts {
  readonly origin: Origin;
  readonly known: KnownFiles;
  /** The known files that are no music. When absent, files that are no music are passed over. */
  readonly others?: KnownOtherFiles;
  readonly reader: FileReader;
  /** Appends to the log and lets the projections follow; resolves once the events are durable. */
  append(events: MusicEvent[]): Promise<void>;
  /** Returns a number that no file has had yet. Called once for each new file. */
  nextFile(): FileId;
  /** Shared by scans that run at the same time (see {@link FileNumbersParts}). */
  readonly claimed: Set<FileId>;
  readonly clock: Clock;
}

export interface ScanRequest {
  /** The number of the scan. */
  readonly scan: number;
  readonly mode: ScanMode;
  /** The directories to look at in the mode `directories`. New directories below them are scanned as well. */
  readonly directories?: readonly string[];
  /** Set when the log holds the start of this scan but no end: the position that the scan reached. */
  readonly resume?: { readonly position: string | null };
  /** The share of the files, 0 to 1, that may be missing without a confirmation. */
  readonly removalsHold: number;
  /** Whether a person confirmed the removals. Called when the listing is complete, since a scan may take long. */
  readonly removalsConfirmed: () => boolean;
  /**
   * The paths that are left out: they are passed over, and known files in them are removed. When absent, only the paths
   * that are always left out.
   */
  readonly exclusions?: Exclusions;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ScanProgress) => void;
}

/** How a scan ended, and what it met. */
export interface ScanOutcome {
  readonly outcome: "completed" | "failed" | "held";
  readonly reason: string | null;
  readonly listed: number;
  readonly read: number;
  readonly unreadable: number;
  readonly removed: number;
  readonly duration_ms: number;
}
