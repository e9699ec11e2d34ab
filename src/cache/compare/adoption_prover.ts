import type { CacheQueries, FileState, LibraryQueries } from "../../../projections/mod.ts";
import type { StoredPart } from "../../../projections/tree/tree_types.ts";
import { versionOf } from "../../../projections/mod.ts";
import type { FileId, Logger } from "../../base/mod.ts";
import {
  type Origin,
  OriginChanged,
  OriginNotFound,
  OriginRefused,
  OriginUnreachable,
  readBytes,
} from "../../origins/mod.ts";
import { BackgroundRounds } from "./background_rounds.ts";
import { isEqual } from "./equal_bytes.ts";
import { haveMd5, isMd5 } from "./etag_proof.ts";
import type { StoreKeeper } from "../keep/store_keeper.ts";

/** Bytes read from an origin at a time. */
const PIECE_BYTES = 1024 * 1024;
/** Files that one query looks up. */
const FILES_AT_ONCE = 100;
/** Limit of a query for all parts of a file. */
const PARTS_MAX = 1_000_000;

export interface AdoptionProverParts {
  readonly queries: () => LibraryQueries;
  readonly content: () => CacheQueries;
  readonly keeper: StoreKeeper;
  /**
   * An origin that may be read in the background; undefined when it doesn't answer, or its budget is nearly used up.
   */
  readonly origin: (id: string) => Origin | undefined;
  /** Fetches the bytes of a file that are not stored. */
  readonly complete: (file: FileId, signal: AbortSignal) => Promise<unknown>;
  /** Resolves when no reader waits. */
  readonly quiet: (signal: AbortSignal) => Promise<void>;
  readonly onDrift: (copy: FileState) => void;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Compares all bytes that were taken over from other versions and copies with the file itself, and has the result noted
 * in the log. Where the origin names an MD5 and the stored bytes have it, nothing is read. Another MD5 of the stored
 * bytes proves nothing: in a bucket that encrypts with keys of its own, a tag that looks like an MD5 is none.
 */
export class AdoptionProver {
  readonly #parts: AdoptionProverParts;
  /** Origins whose tags look like MD5s, but aren't. */
  readonly #withoutMd5 = new Set<string>();
  readonly #rounds: BackgroundRounds;

  constructor(parts: AdoptionProverParts) {
    this.#parts = parts;
    const { logger, signal } = parts;
    this.#rounds = new BackgroundRounds({
      ...{
        round: () => this.#round(),
        purpose: "compare what is stored with its origin",
        logger,
        signal,
      },
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
   * Compares the provisional parts of all files; resolves when none are left that can be compared now. Never rejects.
   */
  prove(): Promise<void> {
    const isNeeded = this.#parts.content().provisional(0, 1).length > 0;
    return isNeeded ? this.#rounds.ask() : this.#rounds.idle();
  }

  async #round(): Promise<void> {
    const { content, queries, signal } = this.#parts;
    for (let after = 0;;) {
      const versions = content().provisional(after, FILES_AT_ONCE);
      if (versions.length === 0) return;
      for (const { file, version } of versions) {
        signal.throwIfAborted();
        after = file;
        const state = queries().file(file);
        if (state === undefined || state.removed || state.content !== version) continue;
        await this.#proveOne(state);
      }
    }
  }

  async #proveOne(state: FileState): Promise<void> {
    const { keeper, logger } = this.#parts;
    const hasMd5 = await this.#hasMd5(state);
    if (hasMd5 === true) return await keeper.proved(state, "md5");
    const isSame = await this.#isSame(state);
    if (isSame === undefined) return;
    if (isSame) {
      if (hasMd5 === false) this.#withoutMd5.add(state.origin);
      return await keeper.proved(state, "bytes");
    }
    logger.warn(`dropped what was kept of ${state.path}: its sound is not what it was`);
    await keeper.disproved(state);
  }

  /**
   * Whether the stored bytes have the MD5 that the origin names. Undefined when the origin names none, or too much of
   * the file is missing.
   */
  async #hasMd5(state: FileState): Promise<boolean | undefined> {
    const { file, content: version, size, etag, origin } = state;
    const { content, keeper } = this.#parts;
    if (!isMd5(etag) || this.#withoutMd5.has(origin)) return undefined;
    const { bytes = 0, provisional_bytes = 0 } = content().manifest(file, version) ?? {};
    // For a file whose tags changed, fetching the new bytes takes less traffic than comparing the old ones.
    const isCheaper = size - bytes <= provisional_bytes;
    if (bytes < size && !(isCheaper && await this.#complete(state))) return undefined;
    const parts = content().storedParts(file, version, 0, size, PARTS_MAX);
    return await haveMd5(parts, etag, (part) => keeper.bytes(part));
  }

  /** Fetches the missing bytes of a file; whether all of it is stored then. */
  async #complete({ file, content: version, size, origin }: FileState): Promise<boolean> {
    const { content, complete, signal } = this.#parts;
    if (this.#parts.origin(origin) === undefined) return false;
    try {
      await complete(file, signal);
    } catch {
      signal.throwIfAborted();
      return false;
    }
    return content().manifest(file, version)?.bytes === size;
  }

  /** Whether the origin's file holds the provisional parts; undefined when that can't be determined now. */
  async #isSame(state: FileState): Promise<boolean | undefined> {
    const { content, onDrift, signal } = this.#parts;
    const parts = content().provisionalParts(state.file, state.content);
    try {
      for (let first = 0; first < parts.length;) {
        const run = runFrom(parts, first);
        first += run.length;
        const isSame = await this.#isRunSame(state, run);
        if (isSame !== true) return isSame;
      }
      return true;
    } catch (error) {
      if (signal.aborted) throw error;
      if (error instanceof OriginChanged || error instanceof OriginNotFound) onDrift(state);
      else if (!(error instanceof OriginUnreachable || error instanceof OriginRefused)) throw error;
      return undefined;
    }
  }

  async #isRunSame(state: FileState, run: readonly StoredPart[]): Promise<boolean | undefined> {
    const { origin, quiet, keeper, signal } = this.#parts;
    await quiet(signal);
    const from = run[0]!.offset;
    const length = run.reduce((sum, part) => sum + part.length, 0);
    const open = origin(state.origin);
    if (open === undefined) return undefined;
    const options = { version: versionOf(state), isBackground: true, signal };
    const bytes = await readBytes(open, state.path, from, length, options);
    for (const part of run) {
      const at = part.offset - from;
      const stored = keeper.bytes(part);
      if (stored === undefined) return undefined;
      if (!isEqual(bytes.subarray(at, at + part.length), stored)) return false;
    }
    return true;
  }
}

/** The parts from `first` on that touch, as many as are read at a time. */
function runFrom(parts: readonly StoredPart[], first: number): StoredPart[] {
  const run: StoredPart[] = [];
  let end = parts[first]!.offset;
  for (let i = first, bytes = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if (part.offset !== end || bytes > 0 && bytes + part.length > PIECE_BYTES) break;
    run.push(part);
    bytes += part.length;
    end += part.length;
  }
  return run;
}
