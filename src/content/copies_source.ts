import { type FileState, versionOf } from "../../projections/mod.ts";
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
import { holds, type KnownBytes } from "./equal_bytes.ts";
import type { Piece } from "./fill.ts";

/** An origin to read copies from, and how it stands. */
export interface SourceOrigin extends CopyStanding {
  readonly origin: Origin;
}

export interface CopiesParts {
  /** An origin that the configuration names. */
  origin(id: string): SourceOrigin | undefined;
  /** The other copies of a file's track of which the log says that they hold the same bytes, as they are now. */
  equals(file: FileState): readonly FileState[];
  /** Bytes of a file's version that are stored or have arrived, some at each of a few places. */
  known(file: FileState): Promise<KnownBytes[]>;
  /** A copy is not what the log says of it: it should be looked at again. */
  onDrift(copy: FileState): void;
  /** At these places, a copy does not hold what is known of the file. */
  onUnlike(file: FileState, copy: FileState, ranges: readonly ByteRange[]): void;
}

/** Of so many versions it is remembered who gave bytes; of others it is found out again. */
const VERSIONS_MAX = 4_096;

type Candidate = SourceOrigin & { readonly copy: FileState };

/**
 * Reads a version of a file from whichever of its origins has it: the best one first, and when that fails, also in the
 * middle, the next one. Only such copies give anything as were compared with the file, and found to hold the same bytes; so
 * what nobody remembers any more (after a clear, an eviction, a restart) was given by one of them, too. They were compared
 * at random places: so whoever is first gives what there is of a version, and another one, be it the file itself, gives
 * more of it once it was compared with that as well.
 */
export class CopiesSource {
  readonly #parts: CopiesParts;
  /** Which copies hold the bytes that are known of a version, and which do not; by version, the newest last. */
  readonly #compared = new Map<string, Map<string, boolean>>();

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
    const candidates = this.#candidates(file);
    const isAlone = candidates.length === 1 && candidates[0]!.copy.file === file.file;
    for (const { copy, origin } of candidates) {
      try {
        if (!isAlone && !(await this.#mayGive(file, copy, origin, signal))) continue;
        const stream = origin.read(copy.path, at, range.to - at, {
          version: versionOf(copy),
          isBackground,
          signal,
        });
        let gives = isAlone;
        for await (const bytes of stream) {
          // Another one may have begun to give meanwhile.
          gives ||= await this.#gives(file, copy, origin, signal);
          if (!gives) break;
          at += bytes.length;
          yield { bytes, origin: copy.origin };
        }
        if (at >= range.to) return;
        if (!gives) continue;
        throw new OriginUnreachable(`Cannot read ${copy.path} of ${copy.origin}: it ends early`);
      } catch (error) {
        if (signal.aborted) throw error;
        // The last bytes come only when all are known to be of the version: what fails behind them is no matter.
        if (at >= range.to) return;
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
  #candidates(file: FileState): Candidate[] {
    return orderCopies([file, ...this.#parts.equals(file)].flatMap((copy) => {
      const open = this.#parts.origin(copy.origin);
      return open === undefined ? [] : { ...open, copy };
    }));
  }

  /** Whether a copy holds what is known of a version; nothing is known before somebody gives something. */
  async #mayGive(
    file: FileState,
    copy: FileState,
    origin: Origin,
    signal: AbortSignal,
  ): Promise<boolean> {
    const compared = this.#comparedWith(file);
    const key = `${copy.file}/${copy.changed_seq}`;
    const before = compared.get(key);
    if (before !== undefined) return before;
    const known = await this.#parts.known(file);
    if (known.length === 0) return true;
    const isEqual = await holds(origin, copy, known, signal);
    compared.set(key, isEqual);
    if (!isEqual && copy.file !== file.file) {
      const ranges = known.map(({ offset, bytes }) => ({
        from: offset,
        to: offset + bytes.length,
      }));
      this.#parts.onUnlike(file, copy, ranges);
    }
    return isEqual;
  }

  /** The same when a copy is about to give bytes: whoever does so first holds them. */
  async #gives(
    file: FileState,
    copy: FileState,
    origin: Origin,
    signal: AbortSignal,
  ): Promise<boolean> {
    const compared = this.#comparedWith(file);
    const isFirst = ![...compared.values()].includes(true);
    if (!isFirst) return await this.#mayGive(file, copy, origin, signal);
    compared.set(`${copy.file}/${copy.changed_seq}`, true);
    return true;
  }

  #comparedWith({ file, changed_seq }: FileState): Map<string, boolean> {
    const key = `${file}/${changed_seq}`;
    const compared = this.#compared.get(key) ?? new Map<string, boolean>();
    this.#compared.delete(key);
    this.#compared.set(key, compared);
    for (const oldest of this.#compared.keys()) {
      if (this.#compared.size <= VERSIONS_MAX) break;
      this.#compared.delete(oldest);
    }
    return compared;
  }
}
