import type { MusicEvent } from "../../events/log/event_log.ts";
import type { FileVersion } from "../../events/facts/files.ts";
import type { ScanMode, UnlistedDirectory } from "../../events/facts/origins.ts";
import { type Clock, Exclusions, type FileId, isAudioName, messageOf } from "../base/mod.ts";
import {
  compareWalkOrder,
  directoryOf,
  isAtOrBelow,
  isSameVersion,
  type ListOptions,
  type Origin,
  type OriginFile,
  OriginNotFound,
  OriginRefused,
  OriginUnreachable,
  statusOf,
} from "../origins/mod.ts";
import {
  type FileReader,
  type FileReading,
  type SkippedFile,
  SourceUnanswered,
} from "../metadata/mod.ts";
import {
  type Candidate,
  compareDirectory,
  type Comparison,
  decideRemovals,
  isFormer,
  isUnanswered,
  isUnsettled,
  type Restated,
  resumedMode,
  type SeenFile,
} from "./decide.ts";
import { FileNumbers } from "./file_numbers.ts";
import type { FormerFile, KnownFile, KnownFiles } from "./known_files.ts";
import { listedFiles } from "./listed_files.ts";
import { MountPoints } from "./mount_points.ts";
import { type KnownOtherFiles, OtherFiles } from "./other_files.ts";
import { OtherNames } from "./other_names.ts";
import { ObservedBatches } from "./observed_batches.ts";
import { ProgressReport, type ScanProgress } from "./progress.ts";
import { OrderedReadings } from "./ordered_readings.ts";
import { UnknownFiles } from "./unknown_files.ts";

/** How many numbers one `FilesRemoved` holds. */
const REMOVED_BATCH_FILES = 4096;

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
  readonly #batches: ObservedBatches;
  readonly #readings: OrderedReadings;
  readonly #progress: ProgressReport;
  readonly #numbers: FileNumbers;
  readonly #mounts: MountPoints;
  readonly #exclusions: Exclusions;
  readonly #otherNames: OtherNames;
  readonly #others: OtherFiles | undefined;
  readonly #unlisted: UnlistedDirectory[] = [];
  readonly #unknown: UnknownFiles;
  /** Paths of files with other names (hard links). */
  readonly #linked = new Set<string>();
  /** Whether another file was met under the name of a known one. */
  #hasReplaced = false;
  /** Files that were listed but could not be looked at. */
  readonly #unread: UnlistedDirectory[] = [];
  /** How many of the unread files were known. */
  #unanswered = 0;
  /** Paths that an earlier scan could not look at. */
  readonly #unreadBefore: ReadonlySet<string>;
  /** Whether nothing was ever known of this origin, so that no question about known files is needed. */
  readonly #isFirst: boolean;
  readonly #liveCount: number;
  #directory: string | undefined;
  #knownHere: ReadonlyMap<string, KnownFile> = new Map();
  #formerDirectory: string | undefined;
  #formerHere: ReadonlyMap<string, readonly FormerFile[]> = new Map();
  #listed = 0;
  /** How many listed files are unchanged, or have come back from the reader. */
  #done = 0;
  #read = 0;
  #unreadable = 0;
  #removed = 0;

  constructor(parts: ScanParts, request: ScanRequest) {
    this.#parts = parts;
    this.#request = request;
    this.#mode = request.resume ? resumedMode(request.mode) : request.mode;
    this.#startedAt = parts.clock.now();
    this.#exclusions = request.exclusions ?? new Exclusions();
    this.#otherNames = new OtherNames((path) =>
      isAudioName(nameOf(path)) && !this.#exclusions.has(path)
    );
    this.#unknown = new UnknownFiles(this.#exclusions);
    this.#others = parts.others && new OtherFiles({
      ...{ known: parts.others, origin: parts.origin.id, scan: request.scan },
      append: parts.append,
    });
    this.#batches = new ObservedBatches(parts.append, parts.origin.id, request.scan);
    this.#readings = new OrderedReadings(
      parts.reader,
      (candidate, reading) => this.#observe(candidate, reading),
      request.signal,
    );
    this.#isFirst = parts.known.isEmpty();
    this.#unreadBefore = new Set(parts.known.unlisted());
    this.#mounts = new MountPoints(parts.origin, parts.known.mounts(), this.#exclusions);
    const isExcluded = (path: string) => this.#exclusions.has(path);
    this.#numbers = new FileNumbers({ ...parts, isExcluded }, this.#isFirst);
    this.#liveCount = this.#isFirst ? 0 : parts.known.liveCount();
    this.#progress = new ProgressReport(
      parts.clock,
      this.#mode === "directories" ? 0 : this.#liveCount,
      request.onProgress ?? (() => {}),
    );
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
      this.#readings.stop(new Error("Its scan is over"));
      await this.#batches.flush().catch(() => {});
      await this.#others?.flush().catch(() => {});
      this.#numbers.release();
    }
  }

  /** Lists everything. Returns the known files that are no longer there. */
  async #scanAll(): Promise<Missing> {
    const counting = new AbortController();
    const counted = this.#countAhead(counting.signal);
    try {
      await this.#walk({});
      await this.#lookAtWaiting();
      await this.#readings.flush();
    } finally {
      counting.abort();
      await counted;
    }
    const others = () => this.#others?.missing("", true) ?? [];
    if (this.#numbers.livePresent === this.#liveCount) return { music: () => [], others };
    return { music: () => this.#missingBelow(""), others };
  }

  /**
   * Counts the files of a first scan, so that its duration can be estimated: a listing of its own, which reads no file.
   * For a local origin this is over in a moment; for a remote one it would cost as much as the scan's own listing.
   */
  async #countAhead(signal: AbortSignal): Promise<void> {
    const { origin } = this.#parts;
    const isKnown = !this.#isFirst && this.#request.resume === undefined;
    if (isKnown || origin.kind !== "local") return;
    let files = 0;
    // The names are enough, so no file is looked at.
    const wanted = (name: string) => {
      if (isAudioName(name) && !this.#exclusions.has(name)) files++;
      return false;
    };
    try {
      for await (const _ of origin.list({ wanted, exclusions: this.#exclusions, signal }));
      this.#progress.expect(files);
    } catch {
      // The count was aborted, or the origin can't be listed. In the latter case the scan itself reports that.
    }
  }

  /** Lists some directories, and new directories below them in full. */
  async #scanDirectories(directories: readonly string[]): Promise<Missing> {
    const { known } = this.#parts;
    const gone: string[] = [];
    const listed: string[] = [];
    const walked: string[] = [];
    /**
     * The listed subdirectories of each directory. An origin in which case does not count also answers to other names.
     */
    const subdirectories = new Map<string, ReadonlySet<string>>();
    for (const directory of withoutRepeats(directories)) {
      if (walked.some((above) => isAtOrBelow(directory, above))) continue;
      if (isMissedAbove(directory, subdirectories)) continue;
      if (this.#exclusions.has(directory)) {
        gone.push(directory);
        continue;
      }
      const met = new Set<string>();
      try {
        await this.#walk({ directory, recursive: false, onDirectory: (path) => met.add(path) });
      } catch (error) {
        if (error instanceof OriginNotFound) gone.push(directory);
        else this.#leaveUnlisted(directory, error);
        continue;
      }
      listed.push(directory);
      subdirectories.set(directory, met);
      const before = new Set([
        ...known.subdirectories(directory),
        ...this.#others?.subdirectories(directory) ?? [],
      ]);
      for (const path of met) {
        if (before.has(path)) continue;
        walked.push(path);
        await this.#walkNew(path);
      }
      for (const path of before) if (!met.has(path)) gone.push(path);
    }
    // A file with several names was met under a name that is not the known one. The known name may be anywhere.
    if (known.hasOtherNames() && this.#otherNames.isWaiting) await this.#walk({});
    await this.#lookAtWaiting();
    await this.#readings.flush();
    const missing = () => this.#missingIn(listed, outermost(gone));
    const others = () => this.#missingOthers(listed, outermost(gone));
    if (known.hasOtherNames() && (this.#hasReplaced || hasAny(missing()))) {
      // A missing file may have another name anywhere, and so may a file in whose place another one was met.
      await this.#walk({});
      await this.#lookAtWaiting();
      await this.#readings.flush();
    }
    return { music: missing, others };
  }

  async #walkNew(directory: string): Promise<void> {
    try {
      await this.#walk({ directory });
    } catch (error) {
      // The directory has gone again since its parent was listed.
      if (!(error instanceof OriginNotFound)) this.#leaveUnlisted(directory, error);
    }
  }

  #leaveUnlisted(path: string, error: unknown): void {
    if (!(error instanceof OriginRefused) || path === "") throw error;
    this.#unlisted.push({ path, reason: messageOf(error) });
  }

  async #walk(options: ListOptions): Promise<void> {
    const { signal } = this.#request;
    const wanted = (name: string) => this.#unknown.isWanted(name) || this.#others !== undefined;
    const onMount = (path: string) => void this.#mounts.met.add(path);
    const all = {
      ...{ ...options, wanted, onMount, exclusions: this.#exclusions },
      modeOf: (path: string, version: FileVersion) => this.#modeOf(path, version),
      ...(signal && { signal }),
    };
    for await (const files of listedFiles(this.#parts.origin, all, this.#unlisted)) {
      signal?.throwIfAborted();
      const isKnown = this.#isFirst
        ? undefined
        : (path: string) => this.#known(directoryOf(path)).has(nameOf(path));
      const music: OriginFile[] = [];
      const others: OriginFile[] = [];
      for (const file of files) (isAudioName(nameOf(file.path)) ? music : others).push(file);
      if (others.length > 0) await this.#others?.add(others);
      await this.#look(this.#otherNames.withoutThem(music, isKnown));
    }
    signal?.throwIfAborted();
  }

  /**
   * The known mode of a file that still has the known version. An access list can't change without changing `ctime`.
   */
  #modeOf(path: string, version: FileVersion): number | undefined {
    if (version.ctime_s === undefined) return undefined;
    const name = nameOf(path);
    const known = isAudioName(name)
      ? this.#known(directoryOf(path)).get(name)
      : this.#others?.known(path);
    return known?.ctime_s !== undefined && isSameVersion(known, version) ? known.mode : undefined;
  }

  /** Looks at the files with several names, none of which is known. */
  async #lookAtWaiting(): Promise<void> {
    for (const file of this.#otherNames.takeWaiting()) await this.#look([file]);
  }

  /** Looks at the listed files of one directory. */
  async #look(files: readonly OriginFile[]): Promise<void> {
    const { restated, candidates } = this.#compare(files);
    for (const { path, identity } of files) if (identity !== undefined) this.#linked.add(path);
    await this.#restate(restated);
    await this.#readings.add(await this.#takeFormer(candidates));
    this.#report();
  }

  #report(): void {
    this.#progress.update({ listed: this.#listed, read: this.#read, done: this.#done });
  }

  /** Marks the unchanged files as present, and returns the others. */
  #compare(files: readonly OriginFile[]): Pick<Comparison, "restated" | "candidates"> {
    const first = files[0];
    if (first === undefined) return { restated: [], candidates: [] };
    this.#listed += files.length;
    const comparison = compareDirectory(
      this.#known(directoryOf(first.path)),
      files,
      { rereads: (path) => this.#rereads(path), now: this.#parts.clock.now() },
    );
    const { unchanged, candidates } = comparison;
    this.#done += unchanged.length;
    for (const { file, unreadable } of unchanged) {
      this.#numbers.markLive(file);
      if (unreadable !== undefined) this.#unreadable++;
    }
    for (const { file, before, inode } of candidates) {
      if (file !== undefined) this.#numbers.markLive(file);
      this.#hasReplaced ||= before?.inode !== undefined && before.inode !== inode;
    }
    return comparison;
  }

  /** Records what the origin says in addition about unchanged files, without reading them. */
  async #restate(restated: readonly Restated[]): Promise<void> {
    // A full scan reads all files. Those before the position from which it continues were read earlier.
    if (this.#mode === "full") return;
    for (const { file, path, status } of restated) {
      const facts = this.#parts.known.facts(file);
      if (facts !== undefined) await this.#batches.add({ ...facts, ...status, path, file });
    }
  }

  /** Records formerly known files without reading them, and returns the files that have to be read. */
  async #takeFormer(candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
    if (this.#isFirst || this.#mode === "full" || candidates.length === 0) return candidates;
    const former = this.#former(directoryOf(candidates[0]!.path));
    if (former.size === 0) return candidates;
    const unknown: Candidate[] = [];
    for (const candidate of candidates) {
      const { path, file } = candidate;
      const status = statusOf(candidate);
      const found = former.get(nameOf(path))?.find((it) =>
        isFormer(it, status) &&
        (it.file === file || file === undefined && this.#numbers.takeFormer(it))
      );
      if (found === undefined) {
        unknown.push(candidate);
        continue;
      }
      this.#done++;
      await this.#batches.add({ ...found.facts, ...status, path, file: found.file });
    }
    return unknown;
  }

  /**
   * The former files of a directory by name. They are asked for once, although a wide directory comes in several
   * batches.
   */
  #former(directory: string): ReadonlyMap<string, readonly FormerFile[]> {
    if (directory !== this.#formerDirectory) {
      this.#formerDirectory = directory;
      this.#formerHere = Map.groupBy(this.#parts.known.formerlyIn(directory), ({ name }) => name);
    }
    return this.#formerHere;
  }

  /**
   * The known files of a directory by name. They are asked for once, although a wide directory comes in several
   * batches.
   */
  #known(directory: string): ReadonlyMap<string, KnownFile> {
    if (this.#isFirst || directory === this.#directory) return this.#knownHere;
    this.#directory = directory;
    this.#knownHere = new Map(
      this.#parts.known.inDirectory(directory)
        .filter(({ file }) => !this.#numbers.isTaken(file))
        .map((known) => [known.name, known]),
    );
    return this.#knownHere;
  }

  /**
   * Whether a file has to be read in any case: an earlier scan could not read it, or this is a full scan that has not
   * read it before it was interrupted.
   */
  #rereads(path: string): boolean {
    if (this.#unreadBefore.has(path)) return true;
    if (this.#mode !== "full") return false;
    const position = this.#request.resume?.position ?? null;
    return position === null || this.#parts.origin.compare(path, position) > 0;
  }

  async #observe(candidate: Candidate, reading: FileReading | SkippedFile): Promise<void> {
    this.#request.signal?.throwIfAborted();
    const { path } = candidate;
    const known = candidate.file !== undefined && !this.#numbers.isTaken(candidate.file)
      ? candidate.file
      : undefined;
    if ("skipped" in reading) return this.#leaveUnread(candidate, reading.skipped);
    if (reading.vanished) {
      if (known !== undefined && await this.#isGone(path)) this.#numbers.unmarkLive(known);
      this.#listed--;
      return;
    }
    if (known === undefined && this.#linked.has(path) && reading.audio !== undefined) {
      // The file's known name is somewhere that this scan did not list.
      if (await this.#numbers.isOtherName(candidate, reading.audio)) {
        this.#listed--;
        this.#otherNames.drop(path);
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
        this.#done++;
        this.#unreadable++;
        return;
      }
    }
    this.#read++;
    this.#done++;
    if (reading.unreadable !== undefined) this.#unreadable++;
    const { vanished: _, ...facts } = reading;
    const identity = known === undefined
      ? await this.#numbers.identify(seenFile(path, reading))
      : { file: known };
    const { mode, uid, gid } = candidate;
    const isYoung = isUnsettled(facts, candidate.listed_at);
    await this.#batches.add({
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
    this.#report();
  }

  /** Records that nothing was learned of a file: it is reported, stays what it was, and is read by the next scan. */
  #leaveUnread({ path, before }: Candidate, reason: string): void {
    this.#done++;
    this.#unread.push({ path, reason });
    if (before !== undefined) this.#unanswered++;
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

  /**
   * Whether the root lists nothing. A scan of directories sees little of the origin, and an absent disk looks like
   * deleted albums.
   */
  async #listsNothing(): Promise<boolean> {
    let isEmpty = true;
    const onDirectory = () => isEmpty = false;
    const listing = this.#parts.origin.list({
      ...{ recursive: false, wanted: isAudioName, exclusions: this.#exclusions, onDirectory },
    });
    for await (const batch of listing) if (batch.length > 0) isEmpty = false;
    return isEmpty;
  }

  *#missingIn(listed: readonly string[], gone: readonly string[]): Iterable<MissingFile> {
    for (const directory of listed) {
      for (const { file, name } of this.#parts.known.inDirectory(directory)) {
        const path = joined(directory, name);
        if (this.#isMissing(file, path)) yield { file, path };
      }
    }
    for (const directory of gone) yield* this.#missingBelow(directory);
  }

  *#missingOthers(
    listed: readonly string[],
    gone: readonly string[],
  ): Iterable<MissingFile> {
    if (this.#others === undefined) return;
    for (const directory of listed) yield* this.#others.missing(directory, false);
    for (const directory of gone) yield* this.#others.missing(directory, true);
  }

  *#missingBelow(directory: string): Iterable<MissingFile> {
    for (const { file, path } of this.#parts.known.below(directory)) {
      if (this.#isMissing(file, path)) yield { file, path };
    }
  }

  /** Whether a file is missing and does not lie below a directory that could not be listed. */
  #isMissing(file: FileId, path: string): boolean {
    return !this.#numbers.isPresent(file) &&
      !this.#unlisted.some((at) => isAtOrBelow(path, at.path));
  }

  async #complete(missing: Missing): Promise<ScanOutcome> {
    await this.#batches.flush();
    await this.#others?.flush();
    const { scan, removalsHold, removalsConfirmed } = this.#request;
    const origin = this.#parts.origin.id;
    const excluded: FileId[] = [];
    const numbers: FileId[] = [];
    /** Missing files on file systems that are not mounted. */
    const unknown: FileId[] = [];
    for (const { file, path } of missing.music()) {
      if (this.#exclusions.has(path) || this.#otherNames.has(path)) excluded.push(file);
      else (await this.#mounts.isUnknown(path) ? unknown : numbers).push(file);
    }
    const known = this.#liveCount - excluded.length;
    const confirmed = removalsConfirmed();
    const listsNothing = numbers.length > 0 && await this.#listsNothing();
    const decision = decideRemovals({
      missing: numbers.length,
      known,
      unanswered: this.#unanswered + unknown.length,
      listsNothing,
      hold: removalsHold,
      confirmed,
    });
    const held = [...decision === "hold" ? numbers : [], ...confirmed ? [] : unknown];
    const events: MusicEvent[] = [];
    // A person wants the files that are left out to be gone, so they do not count towards the hold.
    const leaving = [
      ...excluded,
      ...decision === "remove" ? numbers : [],
      ...confirmed ? unknown : [],
    ];
    this.#removed = leaving.length;
    for (let at = 0; at < leaving.length; at += REMOVED_BATCH_FILES) {
      const files = leaving.slice(at, at + REMOVED_BATCH_FILES);
      events.push({ type: "FilesRemoved", v: 1, data: { origin, scan, files } });
    }
    if (decision !== "hold") events.push(...await this.#othersRemoved(missing.others()));
    if (held.length > 0) {
      const data = { origin, scan, missing: held.length, known };
      events.push({ type: "RemovalsHeld", v: 1, data });
    }
    const { listed, read, unreadable, removed, duration_ms } = this.#outcome("completed", null);
    const vanished = confirmed ? [] : this.#mounts.vanished;
    const unlisted = [
      ...this.#unlisted,
      ...vanished.map((path) => ({ path, reason: "Nothing is mounted there any more" })),
      ...this.#unread,
    ];
    const mounts = [...this.#mounts.met, ...vanished, ...this.#mounts.keptOf(this.#unlisted)];
    const unknownKinds = this.#mode === "directories" ? [] : this.#unknown.kinds();
    const figures = {
      ...{ listed, read, unreadable, removed, unlisted, duration_ms },
      ...unknownKinds.length > 0 && { unknown: unknownKinds },
      ...this.#otherNames.hardLinks > 0 && { other_names: this.#otherNames.hardLinks },
      ...mounts.length > 0 && { mounts },
    };
    events.push({
      type: "ScanCompleted",
      v: 1,
      data: { origin, scan, mode: this.#mode, ...figures },
    });
    await this.#parts.append(events);
    if (held.length === 0) return this.#outcome("completed", null);
    return this.#outcome("held", `${held.length} of ${known} files are missing`);
  }

  /**
   * Reports files that are no music as removed under the same conditions as music, except that no share of them needs a
   * confirmation.
   */
  async #othersRemoved(missing: Iterable<MissingFile>): Promise<MusicEvent[]> {
    const numbers: FileId[] = [];
    for (const { file, path } of missing) {
      const isHidden = this.#unlisted.some((at) => isAtOrBelow(path, at.path));
      const isUnknown = !this.#exclusions.has(path) && await this.#mounts.isUnknown(path);
      if (!isHidden && !isUnknown) numbers.push(file);
    }
    const isNothingLeft = this.#listed === 0 && this.#others?.listed === 0;
    if (this.#mode !== "directories" && isNothingLeft) return [];
    const origin = this.#parts.origin.id;
    const { scan } = this.#request;
    const events: MusicEvent[] = [];
    for (let at = 0; at < numbers.length; at += REMOVED_BATCH_FILES) {
      const files = numbers.slice(at, at + REMOVED_BATCH_FILES);
      events.push({ type: "OtherFilesRemoved", v: 1, data: { origin, scan, files } });
    }
    return events;
  }

  async #fail(reason: string): Promise<ScanOutcome> {
    await this.#batches.flush();
    await this.#others?.flush();
    const { scan } = this.#request;
    const origin = this.#parts.origin.id;
    await this.#parts.append([{ type: "ScanFailed", v: 1, data: { origin, scan, reason } }]);
    return this.#outcome("failed", reason);
  }

  #outcome(outcome: ScanOutcome["outcome"], reason: string | null): ScanOutcome {
    return {
      outcome,
      reason,
      listed: this.#listed,
      read: this.#read,
      unreadable: this.#unreadable,
      removed: this.#removed,
      duration_ms: this.#parts.clock.now() - this.#startedAt,
    };
  }
}

/** Known files that the scan has not met. */
interface Missing {
  readonly music: () => Iterable<MissingFile>;
  readonly others: () => Iterable<MissingFile>;
}

/** A known file that the scan has not met. */
interface MissingFile {
  readonly file: FileId;
  readonly path: string;
}

function hasAny(items: Iterable<unknown>): boolean {
  for (const _ of items) return true;
  return false;
}

/** Whether the origin does not answer, or refuses to, so that nothing can be concluded. */
function isSilence(error: unknown): error is Error {
  return error instanceof OriginUnreachable || error instanceof OriginRefused ||
    error instanceof SourceUnanswered;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function joined(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

/** The directories in the order of a walk, each once. */
function withoutRepeats(directories: readonly string[]): string[] {
  return [...new Set(directories)].sort(compareWalkOrder);
}

/** Whether a listing lacks the directory, or one of the directories that contain it. */
function isMissedAbove(
  directory: string,
  subdirectories: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  for (let at = directory; at !== ""; at = directoryOf(at)) {
    if (subdirectories.get(directoryOf(at))?.has(at) === false) return true;
  }
  return false;
}

/** The directories without those that lie below another one. */
function outermost(directories: readonly string[]): string[] {
  const all = withoutRepeats(directories);
  return all.filter((path) => !all.some((other) => other !== path && isAtOrBelow(path, other)));
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
