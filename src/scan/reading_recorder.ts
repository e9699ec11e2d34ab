import type { FileReading, SkippedFile } from "../metadata/mod.ts";
import {
  isSameVersion,
  type Origin,
  OriginNotFound,
  OriginRefused,
  statusOf,
} from "../origins/mod.ts";
import { type Candidate, isUnanswered, isUnsettled, type SeenFile } from "./decide.ts";
import type { FileNumbers } from "./file_numbers.ts";
import type { ObservedBatches } from "./observed_batches.ts";
import type { OtherNames } from "./other_names.ts";
import type { ScanTally } from "./tally.ts";

export interface ReadingRecorderParts {
  readonly origin: Origin;
  readonly numbers: FileNumbers;
  readonly otherNames: OtherNames;
  readonly batches: ObservedBatches;
  readonly tally: ScanTally;
}

/** Records what the reader found out about the files of a scan, and finds the number of each. */
export class ReadingRecorder {
  readonly #parts: ReadingRecorderParts;

  constructor(parts: ReadingRecorderParts) {
    this.#parts = parts;
  }

  async record(candidate: Candidate, reading: FileReading | SkippedFile): Promise<void> {
    const { numbers, otherNames, batches, tally } = this.#parts;
    const { path } = candidate;
    const known = candidate.file !== undefined && !numbers.isTaken(candidate.file)
      ? candidate.file
      : undefined;
    if ("skipped" in reading) return this.#leaveUnread(candidate, reading.skipped);
    if (reading.vanished) {
      if (known !== undefined && await this.#isGone(path)) numbers.unmarkLive(known);
      tally.listed--;
      return;
    }
    if (known === undefined && otherNames.hasSeveral(path) && reading.audio !== undefined) {
      // The file's known name is somewhere that this scan did not list.
      if (await numbers.isOtherName(candidate, reading.audio)) {
        tally.listed--;
        otherNames.drop(path);
        return;
      }
    }
    const { before } = candidate;
    const isUnread = isUnanswered(reading.unreadable_kind);
    if (isUnread && known !== undefined && before !== undefined) {
      // A track stays a track, since it could not be found out whether it still is one.
      if (before.unreadable === undefined) {
        return this.#leaveUnread(candidate, reading.unreadable ?? "");
      }
      if (before.unreadable === reading.unreadable_kind && isSameVersion(before, candidate)) {
        tally.done++;
        tally.unreadable++;
        return;
      }
    }
    tally.read++;
    tally.done++;
    if (reading.unreadable !== undefined) tally.unreadable++;
    const { vanished: _, ...facts } = reading;
    const identity = known === undefined
      ? await numbers.identify(seenFile(path, reading))
      : { file: known };
    const { mode, uid, gid } = candidate;
    const isYoung = isUnsettled(facts, candidate.listed_at);
    await batches.add({
      path,
      ...(mode !== undefined && { mode }),
      ...(uid !== undefined && { uid }),
      ...(gid !== undefined && { gid }),
      ...facts,
      // The reader may have failed before it learned the status.
      ...(isUnread && statusOf(candidate)),
      ...identity,
      ...(isYoung && { unsettled: true }),
    });
  }

  /** Records that nothing was learned of a file: it is reported, stays what it was, and is read by the next scan. */
  #leaveUnread({ path, before }: Candidate, reason: string): void {
    const { tally } = this.#parts;
    tally.done++;
    tally.unread.push({ path, reason });
    if (before !== undefined) tally.unanswered++;
  }

  /**
   * Whether a file that could not be opened is gone: only when the origin says so, not when the origin itself is
   * silent.
   */
  async #isGone(path: string): Promise<boolean> {
    try {
      await this.#parts.origin.stat(path);
      return false;
    } catch (error) {
      if (error instanceof OriginNotFound) return true;
      if (error instanceof OriginRefused) return false;
      throw error;
    }
  }
}

/** The facts that tell a file from others of the same sound. */
function seenFile(path: string, reading: Exclude<FileReading, { vanished: true }>): SeenFile {
  const { size, mtime_s, mtime_ns, audio, audio_start, audio_end, tags } = reading;
  const hasPlace = audio_start !== undefined && audio_end !== undefined;
  return {
    ...{ path, size, mtime_s, mtime_ns, audio, tags: JSON.stringify(tags ?? {}) },
    soundBytes: hasPlace ? audio_end - audio_start : undefined,
  };
}
