import {
  CACHE_VOCABULARY,
  type CacheEvent,
  type EventLog,
  holdsLog,
  openEventLog,
  replaceEvents,
  type TimedEvent,
} from "../../events/mod.ts";
import {
  CACHE,
  cacheEvents,
  CacheQueries,
  formerCache,
  type LibraryProjector,
  Projector,
  verify,
} from "../../projections/mod.ts";
import { LOG_START, type Logger, messageOf, type Seq, UserError } from "../base/mod.ts";
import type { CacheLog, HasChunk } from "../cache/mod.ts";
import { cacheLogDirectory, libraryDirectory, storedDirectory } from "../config/places.ts";
import type { Settings } from "../config/settings.ts";

/** Bytes of the log's file for each stored part of a file, right after a compaction. Measured: 37 to 45. */
const BYTES_PER_PART = 45;
/** A log is compacted when it is this many times as large as after a compaction, and larger by this many bytes. */
const GROWN_TIMES = 2;
const GROWN_BYTES = 1024 * 1024;
/** The size of the log is checked whenever this many events were appended. */
const LOOK_AFTER_EVENTS = 256;

export interface WrittenCacheParts {
  readonly places: Pick<Settings, "cacheDir">;
  /** The library whose files and versions the cache log names. */
  readonly library: { readonly log: EventLog; readonly projector: LibraryProjector };
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
  /** Called when another projection file serves. */
  readonly onSwitched?: ((file: string) => void) | undefined;
}

interface Opened {
  log: EventLog;
  /** Distinguishes the log's file from a later one of the same name. */
  inode: number | null;
  readonly projector: Projector<unknown>;
}

/** The cache log and its projections, in the directory of the chunks, as the engine writes them. */
export class WrittenCache implements CacheLog {
  readonly #parts: WrittenCacheParts;
  readonly #directory: string;
  readonly #rows: string;
  #opened: Opened | undefined;
  #joined: { readonly queries: CacheQueries; readonly files: string } | undefined;
  /** Appends and rewritings of the log are done one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #appended = LOOK_AFTER_EVENTS;
  private constructor(parts: WrittenCacheParts) {
    this.#parts = parts;
    this.#directory = cacheLogDirectory(parts.places);
    this.#rows = storedDirectory(parts.places);
  }

  /** Opens the log if there is one. A log that can't be used counts as none: then a new log is begun. */
  static async open(parts: WrittenCacheParts): Promise<WrittenCache> {
    const cache = new WrittenCache(parts);
    if (!holdsLog(cache.#directory)) return cache;
    try {
      const log = openEventLog(cache.#directory, { vocabulary: CACHE_VOCABULARY });
      if (log.about.library === parts.library.log.id) cache.#opened = await cache.#follow(log);
      else await log.close();
    } catch (error) {
      parts.signal?.throwIfAborted();
      parts.logger.warn(`what is cached has to be found out anew: ${messageOf(error)}`);
    }
    return cache;
  }

  get store(): string | undefined {
    const { log, inode } = this.#opened ?? {};
    if (log === undefined) return undefined;
    return inode === inodeOf(`${this.#directory}/events.mdb`) ? log.about.store : undefined;
  }

  /** Position of the last event that is folded; 0 when there is no log. */
  get checkpoint(): Seq {
    return this.#opened?.projector.checkpoint ?? LOG_START;
  }

  get queries(): CacheQueries {
    const { projector } = this.#parts.library;
    const files = `${projector.file}\n${this.#opened?.projector.file}`;
    if (this.#joined?.files === files) return this.#joined.queries;
    this.forget();
    const library = libraryDirectory(this.#parts.places);
    const cache = this.#opened === undefined ? undefined : this.#rows;
    const queries = CacheQueries.open({ cache, library });
    if (queries === undefined) throw new UserError(`Cannot read the library in ${library}`);
    // Rows that can't be read, as on a full disk, must not count as no rows: all stored chunks would be taken for
    // orphans.
    if (this.#opened !== undefined && queries.logId() !== this.#opened.log.id) {
      queries.close();
      throw new UserError(`Cannot read what is cached in ${this.#rows}`);
    }
    this.#joined = { queries, files };
    return queries;
  }

  /** Closes the queries; the next use of `queries` opens the files again. */
  forget(): void {
    this.#joined?.queries.close();
    this.#joined = undefined;
  }

  append(events: readonly CacheEvent[]): Promise<void> {
    return this.#alone(async () => {
      const opened = this.#opened;
      if (opened === undefined) {
        throw new Error("Cannot note what is cached: there is no log of it");
      }
      // These events are only of use once they are folded: when earlier ones can't be folded, nothing is appended.
      if (opened.projector.checkpoint < opened.log.lastSeq()) await this.#catchUp(opened);
      await opened.log.append(events);
      await this.#catchUp(opened);
      this.#appended += events.length;
      if (this.#appended >= LOOK_AFTER_EVENTS) await this.#compactGrown(opened);
    });
  }

  end(): Promise<void> {
    return this.#alone(() => this.#leave());
  }

  begin(store: string, has: HasChunk | undefined): Promise<void> {
    return this.#alone(async () => {
      await this.#leave();
      // A person who deleted the cache directory deleted the library's projections as well.
      await this.#parts.library.projector.catchUp();
      for (const directory of [this.#directory, this.#rows]) removeAll(directory);
      const about = { store, library: this.#parts.library.log.id };
      if (has !== undefined) await this.#takeOver(about, has);
      const log = openEventLog(this.#directory, { vocabulary: CACHE_VOCABULARY, about });
      this.#opened = await this.#follow(log);
      this.#parts.onSwitched?.(this.#opened.projector.file);
    });
  }

  /** Compares the rows with the log; resolves with the first difference, or null when there is none or no log. */
  difference(): Promise<string | null> {
    // No compaction may run meanwhile: it would move the facts behind the rows to later positions.
    return this.#alone(async () => {
      if (this.#opened === undefined) return null;
      return await cacheDifference(this.#rows, this.#opened.log, this.#parts.signal);
    });
  }

  /** Builds new rows from the log, while the old ones serve. */
  async replay(): Promise<void> {
    await this.#opened?.projector.rebuild();
  }

  /** Reads all rows, and builds them again when they are damaged. */
  async check(): Promise<void> {
    await this.#opened?.projector.check();
    this.forget();
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#leave();
  }

  async #leave(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    this.forget();
    await opened?.projector.close();
    await opened?.log.close();
  }

  /** Opens the rows behind a log, and brings them level. Closes the log when this fails. */
  async #follow(log: EventLog): Promise<Opened> {
    const opened: { log: EventLog } = { log };
    const { logger, signal, onSwitched } = this.#parts;
    try {
      const projector = await Projector.open({
        set: CACHE,
        directory: this.#rows,
        // A compaction replaces `opened.log`: this passes each call on to the present one, so the projector doesn't
        // notice.
        log: {
          get id() {
            return opened.log.id;
          },
          lastSeq: () => opened.log.lastSeq(),
          read: (options) => opened.log.read(options),
        },
        signal,
        onRebuild: (reason) => logger.debug(`building from the cache log: ${reason}`),
        onSwitched: (file) => {
          this.forget();
          onSwitched?.(file);
        },
      });
      return Object.assign(opened, { projector, inode: inodeOf(`${this.#directory}/events.mdb`) });
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  async #catchUp({ projector }: Opened): Promise<void> {
    try {
      await projector.catchUp();
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  /**
   * Begins the cache log with the facts about stored chunks in an older library log. One rename puts it in place, so
   * that a crash leaves no log or all of it.
   */
  async #takeOver(
    about: Readonly<Record<string, string>>,
    has: HasChunk,
  ): Promise<void> {
    const { library: { log, projector }, places, signal } = this.#parts;
    if (!log.mayHold("ChunksStored")) return;
    const former = await formerCache({
      ...{ log, has, signal, directory: libraryDirectory(places) },
      library: () => projector.queries,
    });
    try {
      const events = andThen(cacheEvents(former), Date.now());
      const options = { vocabulary: CACHE_VOCABULARY, about, events, signal };
      await replaceEvents(this.#directory, options);
    } finally {
      former.close();
    }
  }

  async #compactGrown(opened: Opened): Promise<void> {
    this.#appended = 0;
    const { parts } = this.queries.totals();
    const least = parts * BYTES_PER_PART;
    const bytes = Deno.statSync(`${this.#directory}/events.mdb`).size;
    if (bytes < least * GROWN_TIMES || bytes < least + GROWN_BYTES) return;
    const { about } = opened.log;
    await opened.log.close();
    try {
      const events = andThen(this.queries.events(), Date.now());
      await replaceEvents(this.#directory, {
        ...{ vocabulary: CACHE_VOCABULARY, about, events, signal: this.#parts.signal },
      });
    } catch (error) {
      // The old log is still in place.
      this.#parts.signal?.throwIfAborted();
      this.#parts.logger.warn(`Cannot compact the log of the cache: ${messageOf(error)}`);
    }
    try {
      opened.log = openEventLog(this.#directory, { vocabulary: CACHE_VOCABULARY });
    } catch (error) {
      this.#opened = undefined;
      this.forget();
      await opened.projector.close();
      throw error;
    }
    opened.inode = inodeOf(`${this.#directory}/events.mdb`);
    await this.#catchUp(opened);
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}

/** The first difference between the rows of a cache log and the log; null when there is none. */
export async function cacheDifference(
  directory: string,
  log: EventLog,
  signal?: AbortSignal,
): Promise<string | null> {
  return (await verify({ directory, log, set: CACHE, signal })).difference;
}

/** Adds an event to the end of a new log, so that it has at least one and its readers notice that it continues. */
function* andThen(events: Iterable<TimedEvent>, now: number): Generator<TimedEvent> {
  let at = 0;
  for (const event of events) {
    at = event.at;
    yield event;
  }
  yield { type: "FilesUsed", v: 1, at: Math.max(at, now), data: { files: [] } };
}

/** Null when the file isn't there. */
function inodeOf(path: string): number | null {
  try {
    return Deno.statSync(path).ino;
  } catch {
    return null;
  }
}

function removeAll(directory: string): void {
  try {
    Deno.removeSync(directory, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
