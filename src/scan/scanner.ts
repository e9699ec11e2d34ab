import type { ScanMode } from "../../events/facts/origins.ts";
import { Exclusions, isAudioName, messageOf } from "../base/mod.ts";
import { baseNameOf, OriginRefused, OriginUnreachable } from "../origins/mod.ts";
import { SourceUnanswered } from "../metadata/mod.ts";
import { countFiles } from "./count_files.ts";
import { resumedMode } from "./decide.ts";
import { FileNumbers } from "./file_numbers.ts";
import { KnownHere } from "./known_here.ts";
import { MissingFiles } from "./missing_files.ts";
import { MountPoints } from "./mount_points.ts";
import { MusicFiles } from "./music_files.ts";
import { ObservedBatches } from "./observed_batches.ts";
import { OriginWalk } from "./origin_walk.ts";
import { OtherFiles } from "./other_files.ts";
import { OtherNames } from "./other_names.ts";
import { ProgressReport } from "./progress.ts";
import { findRemovals } from "./removals.ts";
import type { ScanOutcome, ScanParts, ScanRequest } from "./scan_request.ts";
import { ScanTally } from "./tally.ts";
import { UnknownFiles } from "./unknown_files.ts";
import { type Searched, walkDirectories } from "./walk_directories.ts";

/**
 * Scans an origin: lists it, reads new and changed files, and appends what it finds. Rejects with the signal's reason
 * when aborted, and with the error of `append`. In both cases the log holds no end of the scan, and the next request
 * with its number continues it.
 */
export function scanOrigin(parts: ScanParts, request: ScanRequest): Promise<ScanOutcome> {
  return new Scan(parts, request).run();
}

class Scan {
  readonly #parts: ScanParts;
  readonly #request: ScanRequest;
  readonly #mode: ScanMode;
  readonly #startedAt: number;
  readonly #tally = new ScanTally();
  readonly #progress: ProgressReport;
  readonly #batches: ObservedBatches;
  readonly #numbers: FileNumbers;
  readonly #mounts: MountPoints;
  readonly #exclusions: Exclusions;
  readonly #otherNames: OtherNames;
  readonly #music: MusicFiles;
  readonly #others: OtherFiles | undefined;
  readonly #unknown: UnknownFiles;
  readonly #walk: OriginWalk;
  /** Whether nothing was ever known of this origin, so that no question about known files is needed. */
  readonly #isFirst: boolean;
  readonly #liveCount: number;

  constructor(parts: ScanParts, request: ScanRequest) {
    const { origin, known, append, clock } = parts;
    const { scan, resume, signal } = request;
    const tally = this.#tally;
    this.#parts = parts;
    this.#request = request;
    const mode = this.#mode = resume ? resumedMode(request.mode) : request.mode;
    this.#startedAt = clock.now();
    const isFirst = this.#isFirst = known.isEmpty();
    this.#liveCount = isFirst ? 0 : known.liveCount();
    const exclusions = this.#exclusions = request.exclusions ?? new Exclusions();
    const isExcluded = (path: string) => exclusions.has(path);
    const progress = this.#progress = new ProgressReport(
      clock,
      mode === "directories" ? 0 : this.#liveCount,
      request.onProgress ?? (() => {}),
    );
    const batches = this.#batches = new ObservedBatches(append, origin.id, scan);
    const numbers = this.#numbers = new FileNumbers({ ...parts, isExcluded }, isFirst);
    const mounts = this.#mounts = new MountPoints(origin, known.mounts(), exclusions);
    const unknown = this.#unknown = new UnknownFiles(exclusions);
    const otherNames = this.#otherNames = new OtherNames((path) =>
      isAudioName(baseNameOf(path)) && !isExcluded(path)
    );
    const here = new KnownHere(known, numbers, isFirst);
    const music = this.#music = new MusicFiles({
      ...{ ...parts, here, numbers, otherNames, batches, tally, progress, mode, isFirst, signal },
      position: resume?.position ?? null,
    });
    const others = this.#others = parts.others &&
      new OtherFiles({ known: parts.others, origin: origin.id, scan, append });
    this.#walk = new OriginWalk({
      ...{ origin, exclusions, here, music, others, unknown, mounts, tally, signal },
    });
  }

  async run(): Promise<ScanOutcome> {
    const { scan, resume, signal } = this.#request;
    const origin = this.#parts.origin.id;
    signal?.throwIfAborted();
    if (resume === undefined) {
      await this.#parts.append([
        { type: "ScanStarted", v: 1, data: { origin, scan, mode: this.#mode } },
      ]);
    }
    try {
      await this.#mounts.requireRoot();
      const missing = this.#mode === "directories"
        ? await this.#scanDirectories(this.#request.directories ?? [])
        : await this.#scanAll();
      return await this.#complete(missing);
    } catch (error) {
      if (!isSilence(error)) throw error;
      return await this.#fail(messageOf(error));
    } finally {
      this.#music.stop(new Error("Its scan is over"));
      await this.#batches.flush().catch(() => {});
      await this.#others?.flush().catch(() => {});
      this.#numbers.release();
    }
  }

  /** Lists everything. Returns the known files that are no longer there. */
  async #scanAll(): Promise<MissingFiles> {
    const counting = new AbortController();
    const counted = this.#countAhead(counting.signal);
    try {
      await this.#walk.list();
      await this.#music.flush();
    } finally {
      counting.abort();
      await counted;
    }
    return this.#missing({ listed: [], whole: [""] });
  }

  /** Counts the files of the first scan of a local origin, so that its duration can be estimated. */
  async #countAhead(signal: AbortSignal): Promise<void> {
    const { origin } = this.#parts;
    const isKnown = !this.#isFirst && this.#request.resume === undefined;
    if (isKnown || origin.kind !== "local") return;
    const files = await countFiles(origin, this.#exclusions, signal);
    if (files !== undefined) this.#progress.expect(files);
  }

  /** Lists some directories, and new directories below them. Returns the known files that are no longer there. */
  async #scanDirectories(directories: readonly string[]): Promise<MissingFiles> {
    const { known } = this.#parts;
    const searched = await walkDirectories(directories, {
      ...{ walk: this.#walk, known, others: this.#others },
      ...{ exclusions: this.#exclusions, tally: this.#tally },
    });
    // A file with several names was met under a name that is not the known one. The known name may be anywhere.
    if (known.hasOtherNames() && this.#otherNames.isWaiting) await this.#walk.list();
    await this.#music.flush();
    const missing = this.#missing(searched);
    if (known.hasOtherNames() && (this.#music.hasReplaced || missing.hasMusic)) {
      // A missing file may have another name anywhere, and so may a file in whose place another one was met.
      await this.#walk.list();
      await this.#music.flush();
    }
    return missing;
  }

  #missing(searched: Searched): MissingFiles {
    const { known } = this.#parts;
    return new MissingFiles({
      ...{ known, numbers: this.#numbers, others: this.#others },
      ...{ tally: this.#tally, liveCount: this.#liveCount },
    }, searched);
  }

  async #complete(missing: MissingFiles): Promise<ScanOutcome> {
    await this.#flush();
    const { scan } = this.#request;
    const { origin } = this.#parts;
    const mounts = this.#mounts;
    const { events, removed, held, known, isConfirmed } = await findRemovals({
      ...{ ...this.#request, origin, mode: this.#mode, missing, mounts },
      ...{ exclusions: this.#exclusions, otherNames: this.#otherNames, others: this.#others },
      ...{ tally: this.#tally, liveCount: this.#liveCount },
    });
    const { listed, read, unreadable, unlisted, unread } = this.#tally;
    const vanished = isConfirmed ? [] : mounts.vanished;
    const met = [...mounts.met, ...vanished, ...mounts.keptOf(unlisted)];
    const unknown = this.#mode === "directories" ? [] : this.#unknown.kinds();
    const { hardLinks } = this.#otherNames;
    const data = {
      ...{ origin: origin.id, scan, mode: this.#mode, listed, read, unreadable, removed },
      unlisted: [
        ...unlisted,
        ...vanished.map((path) => ({ path, reason: "Nothing is mounted there any more" })),
        ...unread,
      ],
      duration_ms: this.#duration,
      ...unknown.length > 0 && { unknown },
      ...hardLinks > 0 && { other_names: hardLinks },
      ...met.length > 0 && { mounts: met },
    };
    await this.#parts.append([...events, { type: "ScanCompleted", v: 1, data }]);
    return held === 0
      ? this.#outcome("completed", null, removed)
      : this.#outcome("held", `${held} of ${known} files are missing`, removed);
  }

  async #fail(reason: string): Promise<ScanOutcome> {
    await this.#flush();
    const { scan } = this.#request;
    const origin = this.#parts.origin.id;
    await this.#parts.append([{ type: "ScanFailed", v: 1, data: { origin, scan, reason } }]);
    return this.#outcome("failed", reason, 0);
  }

  async #flush(): Promise<void> {
    await this.#batches.flush();
    await this.#others?.flush();
  }

  get #duration(): number {
    return this.#parts.clock.now() - this.#startedAt;
  }

  #outcome(
    outcome: ScanOutcome["outcome"],
    reason: string | null,
    removed: number,
  ): ScanOutcome {
    const { listed, read, unreadable } = this.#tally;
    const duration_ms = this.#duration;
    return { outcome, reason, listed, read, unreadable, removed, duration_ms };
  }
}

/** Whether the origin does not answer, or refuses to, so that nothing can be concluded. */
function isSilence(error: unknown): error is Error {
  return error instanceof OriginUnreachable || error instanceof OriginRefused ||
    error instanceof SourceUnanswered;
}
