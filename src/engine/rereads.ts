import { setImmediate } from "node:timers/promises";
import type { MusicEvent, ObservedFile } from "../../events/mod.ts";
import {
  type FileState,
  type LibraryQueries,
  type Misread,
  type MisreadCount,
  versionOf,
} from "../../projections/mod.ts";
import {
  abortableSleep,
  type Logger,
  messageOf,
  plural,
  REREAD_FILES_PER_SECOND,
} from "../base/mod.ts";
import { isSameVersion } from "../origins/mod.ts";
import { type FileReader, TAG_READER_VERSION } from "../metadata/mod.ts";

/** Files that are counted before other work has its turn: a few ms. */
const COUNTED_AT_ONCE = 1_000;
/** Files that are read and appended together: those of a third of a second. */
const SLICE_FILES = 32;

export interface RereadsParts {
  readonly queries: () => LibraryQueries;
  readonly readerOf: (origin: string) => FileReader;
  /** The encoding of text that does not name its own. Files that were read with another one are read again. */
  readonly encoding: string;
  readonly append: (events: readonly MusicEvent[]) => Promise<void>;
  /** Called with the number of files that are still to be read again. */
  readonly onLeft: (files: number) => void;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly filesPerSecond?: number;
}

/**
 * Reads files again that an older tag reader read, or one with other settings: after a scan, in the background,
 * slowly, one origin after the other. The library tells which files are left, so a pass that was cut off continues
 * after the next scan. A file of another version by now is left to the scans.
 */
export class Rereads {
  readonly #parts: RereadsParts;
  readonly #waiting = new Set<string>();
  readonly #held = new Map<string, number>();
  #slice: { readonly origin: string; readonly done: Promise<unknown> } | undefined;
  #running: Promise<void> | undefined;

  constructor(parts: RereadsParts) {
    this.#parts = parts;
  }

  get busy(): boolean {
    return this.#running !== undefined;
  }

  /** To be called when a scan of the origin is over: files that it left unchanged may have to be read again. */
  begin(origin: string): void {
    if (this.#parts.signal.aborted) return;
    this.#waiting.add(origin);
    if (this.#running === undefined) this.#start();
  }

  /**
   * Reserves the origin for a scan, which must not be told of an older version of a file than it observed itself.
   * Resolves once no file of the origin is being read again, with a function that ends the reservation.
   */
  async hold(origin: string): Promise<() => void> {
    this.#held.set(origin, (this.#held.get(origin) ?? 0) + 1);
    if (this.#slice?.origin === origin) await this.#slice.done;
    return () => this.#held.set(origin, this.#held.get(origin)! - 1);
  }

  /** Resolves once nothing is read any more. To be called after the signal was aborted. */
  async close(): Promise<void> {
    await this.#running;
  }

  #start(): void {
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      // An origin may have been added after the last pass, before the end was noticed.
      if (this.#waiting.size > 0 && !this.#parts.signal.aborted) this.#start();
    });
  }

  async #run(): Promise<void> {
    const { signal, logger, onLeft } = this.#parts;
    // The work begins in a later turn than the scan's.
    await Promise.resolve();
    for (const origin of this.#waiting) {
      this.#waiting.delete(origin);
      try {
        await this.#pass(origin);
      } catch (error) {
        if (signal.aborted) break;
        logger.warn(`Cannot read files of ${origin} again: ${messageOf(error)}`);
      }
    }
    onLeft(0);
  }

  async #pass(origin: string): Promise<void> {
    const { queries, encoding, signal, logger, onLeft } = this.#parts;
    const perSecond = this.#parts.filesPerSecond ?? REREAD_FILES_PER_SECOND;
    let after: Misread | undefined;
    let done = 0;
    let total: number | undefined;
    while (!signal.aborted && !this.#held.get(origin)) {
      const began = performance.now();
      const found = queries().scanning.misread(origin, {
        ...{ reader: TAG_READER_VERSION, encoding, limit: SLICE_FILES },
        ...after && { after },
      });
      if (found.length === 0) break;
      if (total === undefined) {
        total = await this.#count();
        // A scan may have begun meanwhile: the loop asks again.
        continue;
      }
      after = found.at(-1);
      onLeft(Math.max(found.length, total - done));
      const reading = this.#read(origin, found.map(({ state }) => state));
      this.#slice = { origin, done: reading.catch(() => {}) };
      try {
        await reading;
      } finally {
        this.#slice = undefined;
      }
      done += found.length;
      const due = found.length / perSecond * 1_000;
      await abortableSleep(due - (performance.now() - began), signal);
    }
    if (done > 0) logger.info(`read ${plural(done, "file")} of ${origin} again`);
  }

  /** How many files of all origins are to be read again. */
  async #count(): Promise<number> {
    const { queries, encoding, signal } = this.#parts;
    let after: MisreadCount | undefined;
    for (;;) {
      after = queries().scanning.misreadCount({
        ...{ reader: TAG_READER_VERSION, encoding, after, limit: COUNTED_AT_ONCE },
      });
      if (after.complete) return after.files;
      await setImmediate();
      signal.throwIfAborted();
    }
  }

  async #read(origin: string, states: readonly FileState[]): Promise<void> {
    const { queries, readerOf, signal, append } = this.#parts;
    const listed = states.map((state) => ({ path: state.path, ...versionOf(state) }));
    const readings = await readerOf(origin).read(listed, signal);
    const files: ObservedFile[] = [];
    for (const [i, reading] of readings.entries()) {
      const state = states[i]!;
      if (reading === undefined || "skipped" in reading || reading.vanished) continue;
      if (!isSameVersion(versionOf(state), reading)) continue;
      const isVerdict = (reading.unreadable_kind ?? "format") === "format";
      if (reading.unreadable !== undefined && !isVerdict) continue;
      const { mode, uid, gid, unsettled } = queries().scanning.factsOf(state);
      const { vanished: _, ...facts } = reading;
      files.push({
        ...{ ...mode !== undefined && { mode }, ...uid !== undefined && { uid } },
        ...{ ...gid !== undefined && { gid }, ...unsettled !== undefined && { unsettled } },
        ...{ ...facts, file: state.file, path: state.path },
        ...{ reread: true, reader: TAG_READER_VERSION },
      });
    }
    if (files.length === 0) return;
    // No scan has the number 0: files that are read again are in no listing.
    const data = { origin, scan: 0, position: "", files };
    await append([{ type: "FilesObserved", v: 1, data }]);
  }
}
