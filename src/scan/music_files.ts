import type { ScanMode } from "../../events/facts/origins.ts";
import type { Clock } from "../base/mod.ts";
import type { FileReader } from "../metadata/mod.ts";
import { baseNameOf, directoryOf, type Origin, type OriginFile, statusOf } from "../origins/mod.ts";
import {
  type Candidate,
  compareDirectory,
  type Comparison,
  isFormer,
  type Restated,
} from "./decide.ts";
import type { FileNumbers } from "./file_numbers.ts";
import type { KnownFiles } from "./known_files.ts";
import type { KnownHere } from "./known_here.ts";
import type { ObservedBatches } from "./observed_batches.ts";
import { OrderedReadings } from "./ordered_readings.ts";
import type { OtherNames } from "./other_names.ts";
import type { ProgressReport } from "./progress.ts";
import { ReadingRecorder } from "./reading_recorder.ts";
import type { ScanTally } from "./tally.ts";

export interface MusicFilesParts {
  readonly origin: Origin;
  readonly known: KnownFiles;
  readonly here: KnownHere;
  readonly reader: FileReader;
  readonly numbers: FileNumbers;
  readonly otherNames: OtherNames;
  readonly batches: ObservedBatches;
  readonly tally: ScanTally;
  readonly progress: ProgressReport;
  readonly clock: Clock;
  readonly mode: ScanMode;
  /** The path up to which an interrupted full scan has read everything; null when there is none. */
  readonly position: string | null;
  /** Whether nothing was ever known of this origin, so that no question about known files is needed. */
  readonly isFirst: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The listed files that are music. They are compared with the known ones; new and changed files are read ahead, and
 * recorded in the order of the listing.
 */
export class MusicFiles {
  readonly #parts: MusicFilesParts;
  readonly #readings: OrderedReadings;
  readonly #isKnown: ((path: string) => boolean) | undefined;
  /** Paths that an earlier scan could not look at. */
  readonly #unreadBefore: ReadonlySet<string>;
  #hasReplaced = false;

  constructor(parts: MusicFilesParts) {
    this.#parts = parts;
    const { known, here, reader, signal } = parts;
    this.#isKnown = parts.isFirst
      ? undefined
      : (path) => here.files(directoryOf(path)).has(baseNameOf(path));
    this.#unreadBefore = new Set(known.unlisted());
    const recorder = new ReadingRecorder(parts);
    this.#readings = new OrderedReadings(
      reader,
      async (candidate, reading) => {
        signal?.throwIfAborted();
        await recorder.record(candidate, reading);
        this.#report();
      },
      signal,
    );
  }

  /** Whether another file was met under the name of a known one. */
  get hasReplaced(): boolean {
    return this.#hasReplaced;
  }

  /** Takes the listed files of one directory. Resolves when there is room for more. */
  async add(files: readonly OriginFile[]): Promise<void> {
    await this.#look(this.#parts.otherNames.withoutThem(files, this.#isKnown));
  }

  /** Takes the files that were kept back because of their other names, and reads all files that remain. */
  async flush(): Promise<void> {
    for (const file of this.#parts.otherNames.takeWaiting()) await this.#look([file]);
    await this.#readings.flush();
  }

  /** Abandons the files that are still being read. */
  stop(reason: unknown): void {
    this.#readings.stop(reason);
  }

  async #look(files: readonly OriginFile[]): Promise<void> {
    const { restated, candidates } = this.#compare(files);
    await this.#restate(restated);
    await this.#readings.add(await this.#takeFormer(candidates));
    this.#report();
  }

  #report(): void {
    this.#parts.progress.update(this.#parts.tally);
  }

  /** Marks the unchanged files as present, and returns the others. */
  #compare(files: readonly OriginFile[]): Pick<Comparison, "restated" | "candidates"> {
    const first = files[0];
    if (first === undefined) return { restated: [], candidates: [] };
    const { here, numbers, tally, clock } = this.#parts;
    tally.listed += files.length;
    const comparison = compareDirectory(
      here.files(directoryOf(first.path)),
      files,
      { rereads: (path) => this.#rereads(path), now: clock.now() },
    );
    const { unchanged, candidates } = comparison;
    tally.done += unchanged.length;
    for (const { file, unreadable } of unchanged) {
      numbers.markLive(file);
      if (unreadable !== undefined) tally.unreadable++;
    }
    for (const { file, before, inode } of candidates) {
      if (file !== undefined) numbers.markLive(file);
      this.#hasReplaced ||= before?.inode !== undefined && before.inode !== inode;
    }
    return comparison;
  }

  /**
   * Whether a file has to be read in any case: an earlier scan could not read it, or this is a full scan that has not
   * read it before it was interrupted.
   */
  #rereads(path: string): boolean {
    if (this.#unreadBefore.size > 0 && this.#unreadBefore.has(path)) return true;
    const { mode, position, origin } = this.#parts;
    if (mode !== "full") return false;
    return position === null || origin.compare(path, position) > 0;
  }

  /** Records what the origin says in addition about unchanged files, without reading them. */
  async #restate(restated: readonly Restated[]): Promise<void> {
    const { mode, known, batches } = this.#parts;
    // A full scan reads all files. Those before the position from which it continues were read earlier.
    if (mode === "full") return;
    for (const { file, path, status } of restated) {
      const facts = known.facts(file);
      if (facts !== undefined) await batches.add({ ...facts, ...status, path, file });
    }
  }

  /** Records formerly known files without reading them, and returns the files that have to be read. */
  async #takeFormer(candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
    const { mode, here, numbers, batches, tally } = this.#parts;
    if (mode === "full" || candidates.length === 0) return candidates;
    const former = here.formerFiles(directoryOf(candidates[0]!.path));
    if (former.size === 0) return candidates;
    const unknown: Candidate[] = [];
    for (const candidate of candidates) {
      const { path, file } = candidate;
      const status = statusOf(candidate);
      const found = former.get(baseNameOf(path))?.find((it) =>
        isFormer(it, status) &&
        (it.file === file || file === undefined && numbers.takeFormer(it))
      );
      if (found === undefined) {
        unknown.push(candidate);
        continue;
      }
      tally.done++;
      await batches.add({ ...found.facts, ...status, path, file: found.file });
    }
    return unknown;
  }
}
