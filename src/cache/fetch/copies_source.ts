import { type FileState, versionOf } from "../../../projections/mod.ts";
import {
  type CopyStanding,
  orderCopies,
  type Origin,
  OriginChanged,
  OriginNotFound,
  OriginRefused,
  OriginUnreachable,
} from "../../origins/mod.ts";
import { setNewest } from "../../base/mod.ts";
import type { ByteRange } from "./byte_ranges.ts";
import { holds, type KnownBytes } from "../compare/equal_bytes.ts";
import type { Piece } from "./fill.ts";

/** An origin to read copies from, and whether it answers. */
export interface SourceOrigin extends CopyStanding {
  readonly origin: Origin;
}

export interface CopiesParts {
  /** An origin that the configuration names. */
  origin(id: string): SourceOrigin | undefined;
  /** The other copies of a file's track of which the log says that they hold the same bytes, as they are now. */
  equals(file: FileState): readonly FileState[];
  /** Bytes of a file's version that are stored or have arrived: samples from a few places. */
  known(file: FileState): Promise<KnownBytes[]>;
  /** Called when a copy is not what the log says of it: it should be looked at again. */
  onDrift(copy: FileState): void;
  /** Called when a copy holds other bytes at these places than are known of the file. */
  onUnlike(file: FileState, copy: FileState, ranges: readonly ByteRange[]): void;
}

/** The givers of this many versions are remembered; the giver of any other version is determined again. */
const VERSIONS_MAX = 4_096;

/** Which copy gives the bytes of a version, and which other copies were compared with these. */
interface Giving {
  /** The copy that gave the last piece; undefined before there is one. */
  giver: string | undefined;
  /**
   * How many pieces were given. A copy that was compared when there were fewer must be compared again, with the newer
   * pieces.
   */
  pieces: number;
  /** Set while a copy is being compared; reading the next piece waits for it. */
  comparing: Promise<void> | undefined;
  /** For each copy that was found equal: how many pieces had been given at that moment. */
  readonly equal: Map<string, number>;
  /** Copies that were found to hold other bytes. */
  readonly unlike: Set<string>;
}

type Candidate = SourceOrigin & { readonly copy: FileState };

/**
 * Reads a version of a file from whichever of its origins has it: from the best copy first, and when that copy fails,
 * also in the middle, from the next one. A copy gives bytes only after it was compared with the file and found to hold
 * the same; so bytes whose giver is forgotten (after a clear, an eviction, a restart) came from such a copy, too.
 * Copies are compared at random places only. So the first copy that gives bytes of a version gives all of them, and
 * another copy, or the file itself, takes over only after it was compared with the bytes given so far.
 */
export class CopiesSource {
  readonly #parts: CopiesParts;
  /** By version, the newest last. */
  readonly #giving = new Map<string, Giving>();

  constructor(parts: CopiesParts) {
    this.#parts = parts;
  }

  /**
   * Reads the range, from several copies if need be. When none can give all of it, throws the first OriginChanged, else
   * the error of the last origin.
   */
  async *read(
    file: FileState,
    range: ByteRange,
    { isBackground, signal }: { readonly isBackground: boolean; readonly signal: AbortSignal },
  ): AsyncIterableIterator<Piece> {
    let at = range.from;
    const failures: unknown[] = [];
    const candidates = this.#candidates(file);
    const isAlone = candidates.length === 1 && candidates[0]!.copy.file === file.file;
    for (const candidate of candidates) {
      const { copy, origin } = candidate;
      try {
        if (!isAlone && !(await this.#mayGive(file, candidate, signal))) continue;
        const stream = origin.read(copy.path, at, range.to - at, {
          version: versionOf(copy),
          isBackground,
          signal,
        });
        let gives = isAlone;
        for await (const bytes of stream) {
          // Another copy may have begun to give bytes meanwhile, or have taken over.
          gives = isAlone || await this.#gives(file, candidate, signal);
          if (!gives) break;
          at += bytes.length;
          yield { bytes, origin: copy.origin };
        }
        if (at >= range.to) return;
        if (!gives) continue;
        throw new OriginUnreachable(`Cannot read ${copy.path} of ${copy.origin}: it ends early`);
      } catch (error) {
        if (signal.aborted) throw error;
        // An origin yields the last bytes only when it knows that all of them belong to the version: a later failure
        // doesn't matter.
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

  /**
   * Whether a copy holds the known bytes of a version. Before the first piece, and with nothing stored, none are known.
   */
  async #mayGive(
    file: FileState,
    candidate: Candidate,
    signal: AbortSignal,
  ): Promise<boolean> {
    const giving = this.#givingOf(file);
    const key = keyOf(candidate.copy);
    while (giving.comparing !== undefined) await giving.comparing;
    if (giving.unlike.has(key)) return false;
    if (giving.giver === key || giving.equal.get(key) === giving.pieces) return true;
    const comparing = this.#compare(file, candidate, signal);
    giving.comparing = comparing.then(() => {}, () => {}).then(() => giving.comparing = undefined);
    return await comparing;
  }

  /** Compares a copy with the known bytes. No copy may give a piece meanwhile. */
  async #compare(
    file: FileState,
    { copy, origin }: Candidate,
    signal: AbortSignal,
  ): Promise<boolean> {
    const giving = this.#givingOf(file);
    const known = await this.#parts.known(file);
    const isEqual = known.length === 0 || await holds(origin, copy, known, signal);
    if (isEqual) giving.equal.set(keyOf(copy), giving.pieces);
    else this.#isUnlike(file, copy, known);
    return isEqual;
  }

  /** Like `#mayGive`, for a copy that is about to give a piece. When it may, that copy becomes the giver. */
  async #gives(
    file: FileState,
    candidate: Candidate,
    signal: AbortSignal,
  ): Promise<boolean> {
    const giving = this.#givingOf(file);
    const key = keyOf(candidate.copy);
    while (giving.comparing !== undefined) await giving.comparing;
    while (giving.giver !== undefined && giving.giver !== key) {
      if (!(await this.#mayGive(file, candidate, signal))) return false;
      if (giving.equal.get(key) === giving.pieces) break;
    }
    giving.giver = key;
    giving.pieces++;
    return true;
  }

  #isUnlike(file: FileState, copy: FileState, known: readonly KnownBytes[]): void {
    this.#givingOf(file).unlike.add(keyOf(copy));
    if (copy.file === file.file) return;
    const ranges = known.map(({ offset, bytes }) => ({ from: offset, to: offset + bytes.length }));
    this.#parts.onUnlike(file, copy, ranges);
  }

  #givingOf(file: FileState): Giving {
    const key = keyOf(file);
    const giving = this.#giving.get(key) ??
      { giver: undefined, pieces: 0, comparing: undefined, equal: new Map(), unlike: new Set() };
    setNewest(this.#giving, key, giving, VERSIONS_MAX);
    return giving;
  }
}

function keyOf({ file, content: version }: FileState): string {
  return `${file}/${version}`;
}
