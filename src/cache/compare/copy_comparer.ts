import type { MusicEvent } from "../../../events/log/event_log.ts";
import type { CopyComparison, VersionedFile } from "../../../events/facts/files.ts";
import type { FileState, LibraryQueries } from "../../../projections/mod.ts";
import type { FileId, Logger } from "../../base/mod.ts";
import {
  type Origin,
  OriginChanged,
  OriginNotFound,
  OriginRefused,
  OriginUnreachable,
} from "../../origins/mod.ts";
import { BackgroundRounds } from "./background_rounds.ts";
import { areComparable, compareCopies, type Random } from "./compare_copies.ts";

/** Files that are compared at a time: while one comparison waits for its origin, others read. */
const FILES_AT_ONCE = 4;
/** Files in one event. */
const BATCH_FILES = 64;
/** A file is compared with this many others at most; files that look alike beyond that stay separate tracks. */
const COMPARISONS_MAX = 8;

export interface CopyComparerParts {
  readonly queries: () => LibraryQueries;
  readonly append: (events: MusicEvent[]) => Promise<void>;
  /**
   * An origin that may be read in the background; undefined when it doesn't answer, or its budget is nearly used up.
   */
  readonly origin: (id: string) => Origin | undefined;
  /** Resolves when no reader waits. */
  readonly quiet: (signal: AbortSignal) => Promise<void>;
  /** Called when a copy is not what the log says of it. */
  readonly onDrift: (copy: FileState) => void;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Compares files that look like copies of one track, and has the results noted in the log. A file that can't be
 * compared now, since an origin doesn't answer, is tried again when `compare` is called again.
 */
export class CopyComparer {
  readonly #parts: CopyComparerParts;
  readonly #rounds: BackgroundRounds;

  constructor(parts: CopyComparerParts) {
    this.#parts = parts;
    const { logger, signal } = parts;
    this.#rounds = new BackgroundRounds({
      ...{ round: () => this.#round(), purpose: "compare copies", logger, signal },
    });
  }

  get isBusy(): boolean {
    return this.#rounds.isBusy;
  }

  /** Resolves when nothing is being compared. */
  idle(): Promise<void> {
    return this.#rounds.idle();
  }

  /**
   * Compares all files that have not been compared; resolves when none are left that can be compared now. Never
   * rejects.
   */
  compare(): Promise<void> {
    const isNeeded = this.#parts.queries().uncompared(0, 1).length > 0;
    return isNeeded ? this.#rounds.ask() : this.#rounds.idle();
  }

  async #round(): Promise<void> {
    for (let after = 0;;) {
      const files = this.#parts.queries().uncompared(after, BATCH_FILES);
      if (files.length === 0) return;
      const batch = new Batch();
      const waiting = [...files];
      const worker = async () => {
        for (let file; (file = waiting.shift()) !== undefined;) await this.#compareOne(file, batch);
      };
      await Promise.all(Array.from({ length: FILES_AT_ONCE }, worker));
      await batch.append(this.#parts.append);
      after = files.at(-1)!;
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  async #compareOne(number: FileId, batch: Batch): Promise<void> {
    const { queries, signal, quiet, random } = this.#parts;
    const file = queries().file(number);
    if (!file?.visible) return;
    /** Origins on which a copy of the file was found. */
    const found = new Set<string>();
    let comparisons = 0;
    let isDone = true;
    for (const other of queries().possibleCopies(file)) {
      if (comparisons >= COMPARISONS_MAX) break;
      if (found.has(other.origin) || !this.#isWorthIt(file, other, batch)) continue;
      const [origin, otherOrigin] = [file, other].map((it) => this.#parts.origin(it.origin));
      if (origin === undefined || otherOrigin === undefined) {
        isDone = false;
        continue;
      }
      await quiet(signal);
      if (!batch.takes(file, other)) continue;
      try {
        const comparison = await compareCopies(
          { file, origin },
          { file: other, origin: otherOrigin },
          random,
          signal,
        );
        if (comparison === undefined) continue;
        comparisons++;
        batch.comparisons.push(comparison);
        if (comparison.alike !== "nothing") found.add(other.origin);
      } catch (error) {
        if (signal.aborted || !this.#isPassing(error, file, other)) throw error;
        isDone = false;
      }
    }
    if (isDone) batch.done.push({ file: number, version: file.content });
  }

  /** Whether comparing the two may make them one track, or show that they are not. */
  #isWorthIt(file: FileState, other: FileState, batch: Batch): boolean {
    const { queries } = this.#parts;
    if (batch.has(file, other) || !areComparable(file, other)) return false;
    if (queries().likeness(file.file, other.file) !== undefined) return false;
    if (file.track === other.track) return true;
    const origins = new Set(queries().copies(file.track).map(({ origin }) => origin));
    return !queries().copies(other.track).some(({ origin }) => origins.has(origin));
  }

  /**
   * Whether the error means that an origin doesn't answer, or has another file there by now: neither is handled here.
   */
  #isPassing(error: unknown, ...copies: readonly FileState[]): boolean {
    if (error instanceof OriginChanged || error instanceof OriginNotFound) {
      copies.forEach((copy) => this.#parts.onDrift(copy));
      return true;
    }
    return error instanceof OriginUnreachable || error instanceof OriginRefused;
  }
}

/** The results that are noted in one event. */
class Batch {
  readonly comparisons: CopyComparison[] = [];
  readonly done: VersionedFile[] = [];
  readonly #pairs = new Set<string>();

  /** Whether the two have been compared, or are being compared. */
  has(one: FileState, other: FileState): boolean {
    return this.#pairs.has(keyOf(one, other));
  }

  /** Marks the two as being compared; false when they are so already. */
  takes(one: FileState, other: FileState): boolean {
    if (this.has(one, other)) return false;
    this.#pairs.add(keyOf(one, other));
    return true;
  }

  async append(append: CopyComparerParts["append"]): Promise<void> {
    const { comparisons, done } = this;
    if (comparisons.length === 0 && done.length === 0) return;
    await append([{ type: "CopiesCompared", v: 1, data: { comparisons, done } }]);
  }
}

function keyOf({ file: one }: FileState, { file: other }: FileState): string {
  return one < other ? `${one}/${other}` : `${other}/${one}`;
}
