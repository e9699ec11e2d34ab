import type { FileState } from "../../projections/mod.ts";
import {
  type CopyStanding,
  orderCopies,
  type Origin,
  OriginChanged,
  OriginNotFound,
  OriginRefused,
  OriginUnreachable,
} from "../origins/mod.ts";
import type { ByteRange } from "./byte_ranges.ts";
import { holds, type KnownBytes, mayBeEqual, samples, versionOf } from "./equal_bytes.ts";
import type { Piece } from "./fill.ts";

/** An origin to read copies from, and how it stands. */
export interface SourceOrigin extends CopyStanding {
  readonly origin: Origin;
}

export interface CopiesParts {
  /** An origin that the configuration names. */
  origin(id: string): SourceOrigin | undefined;
  /** Every copy of a track. */
  copies(track: number): readonly FileState[];
  /** Bytes of a file's version that are stored, some at each of a few places. */
  known(file: FileState): KnownBytes[];
  /** A copy is not what the log says of it: it should be looked at again. */
  onDrift(copy: FileState): void;
}

/**
 * Reads a version of a file from whichever of its origins has it: the best one first, and when that fails, also in the
 * middle, the next one, where it is known to hold the same bytes.
 */
export class CopiesSource {
  readonly #parts: CopiesParts;
  /** Copies whose stored samples were compared, by both versions. */
  readonly #compared = new Map<string, boolean>();

  constructor(parts: CopiesParts) {
    this.#parts = parts;
  }

  /** Throws what the last origin threw, or the first that said something about the file itself. */
  async *read(
    file: FileState,
    range: ByteRange,
    { isBackground, signal }: { readonly isBackground: boolean; readonly signal: AbortSignal },
  ): AsyncIterableIterator<Piece> {
    let at = range.from;
    const failures: unknown[] = [];
    for (const { copy, origin } of this.#candidates(file)) {
      try {
        if (copy.file !== file.file && !(await this.#isEqual(file, copy, origin, signal))) continue;
        const stream = origin.read(copy.path, at, range.to - at, {
          version: versionOf(copy),
          isBackground,
          signal,
        });
        for await (const bytes of stream) {
          at += bytes.length;
          yield { bytes, origin: copy.origin };
        }
        if (at >= range.to) return;
        throw new OriginUnreachable(`Cannot read ${copy.path} of ${copy.origin}: it ends early`);
      } catch (error) {
        if (signal.aborted) throw error;
        if (error instanceof OriginChanged || error instanceof OriginNotFound) {
          this.#parts.onDrift(copy);
        } else if (!(error instanceof OriginUnreachable || error instanceof OriginRefused)) {
          throw error;
        }
        failures.push(error);
      }
    }
    throw failures.find((error) => error instanceof OriginChanged) ?? failures.at(-1) ??
      new OriginUnreachable(`Cannot read ${file.path}: no configured origin has it`);
  }

  /** Copies that may hold the bytes of this one, the best first. */
  #candidates(file: FileState): (SourceOrigin & { readonly copy: FileState })[] {
    const others = this.#parts.copies(file.track)
      .filter((copy) => copy.file !== file.file && mayBeEqual(file, copy));
    return orderCopies([file, ...others].flatMap((copy) => {
      const open = this.#parts.origin(copy.origin);
      return open === undefined ? [] : { ...open, copy };
    }));
  }

  async #isEqual(
    file: FileState,
    copy: FileState,
    origin: Origin,
    signal: AbortSignal,
  ): Promise<boolean> {
    const key = `${file.file}/${file.changed_seq}/${copy.file}/${copy.changed_seq}`;
    const before = this.#compared.get(key);
    if (before !== undefined) return before;
    const isEqual = await holds(origin, copy, samples(this.#parts.known(file)), signal);
    this.#compared.set(key, isEqual);
    return isEqual;
  }
}
