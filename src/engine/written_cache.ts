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

/** Bytes of the log's file for each part of a file, as it is when it was just compacted; measured are 37 to 45. */
const BYTES_PER_PART = 45;
/** A log that is this many times as large as that, and by so many bytes, is compacted. */
const GROWN_TIMES = 2;
const GROWN_BYTES = 1024 * 1024;
/** After so many events it is looked how large the log is. */
const LOOK_AFTER_EVENTS = 256;

export interface WrittenCacheParts {
  readonly places: Pick<Settings, "cacheDir">;
  /** Of the library, whose files and versions the cache log speaks of. */
  readonly library: { readonly log: EventLog; readonly projector: LibraryProjector };
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
  /** Another file of rows serves. */
  readonly onSwitched?: ((file: string) => void) | undefined;
}

interface Opened {
  log: EventLog;
  /** Tells the log's file from another of its name. */
  inode: number | null;
  readonly projector: Projector<unknown>;
}

/** The cache log and the rows behind it, as the engine writes them, in the directory of the chunks. */
export class WrittenCache implements CacheLog {
  readonly #parts: WrittenCacheParts;
  readonly #directory: string;
  readonly #rows: string;
  #opened: Opened | undefined;
  #joined: { readonly queries: CacheQueries; readonly files: string } | undefined;
  /** Events are appended, and the log is written anew, one behind the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #appended = LOOK_AFTER_EVENTS;
  /** Set while a compaction puts another file in the place of the log's, which is not deleted then. */
  #isReplaced = false;

  private constructor(parts: WrittenCacheParts) {
    this.#parts = parts;
    this.#directory = cacheLogDirectory(parts.places);
    this.#rows = storedDirectory(parts.places);
  }

  /** Opens the log that is there. One that can't be used is as good as none: what is stored will be found out anew. */
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
    const isThere = this.#isReplaced || inode === inodeOf(`${this.#directory}/events.mdb`);
    return isThere ? log.about.store : undefined;
  }

  /** Position of the last event that is folded in; 0 when there is no log. */
  get checkpoint(): Seq {
    return this.#opened?.projector.checkpoint ?? LOG_START;
  }

  get queries(): CacheQueries {
    const { projector } = this.#parts.library;
    // The chunks are deleted with their log, so without it nothing is stored, whatever rows are still open.
    const opened = this.store === undefined ? undefined : this.#opened;
    const files = `${projector.file}\n${opened?.projector.file}`;
    if (this.#joined?.files === files) return this.#joined.queries;
    this.forget();
    const library = libraryDirectory(this.#parts.places);
    const cache = opened === undefined ? undefined : this.#rows;
    const queries = CacheQueries.open({ cache, library });
    if (queries === undefined) throw new UserError(`Cannot read the library in ${library}`);
    // Rows that can't be read, as on a full disk, are not none: what is stored would be taken for nobody's.
    if (opened !== undefined && queries.logId() !== opened.log.id) {
      queries.close();
      throw new UserError(`Cannot read what is cached in ${this.#rows}`);
    }
    this.#joined = { queries, files };
    return queries;
  }

  /** What is asked next is asked of files that are opened anew. */
  forget(): void {
    this.#joined?.queries.close();
    this.#joined = undefined;
  }

  append(events: readonly CacheEvent[]): Promise<void> {
    return this.#alone(async () => {
      const opened = this.#opened;
      if (opened === undefined || this.store === undefined) {
        throw new Error("Cannot note what is cached: there is no log of it");
      }
      // What is only of use when it is folded in is not appended when that can't be.
      if (opened.projector.checkpoint < opened.log.lastSeq()) await this.#catchUp(opened);
      await opened.log.append(events);
      await this.#catchUp(opened);
      this.#appended += events.length;
      if (this.#appended >= LOOK_AFTER_EVENTS) await this.#compactGrown(opened);
    });
  }

  begin(store: string, has: HasChunk | undefined): Promise<void> {
    return this.#alone(async () => {
      await this.#leave();
      // Who deletes the cache directory deletes the library as well.
      await this.#parts.library.projector.catchUp();
      for (const directory of [this.#directory, this.#rows]) removeAll(directory);
      const about = { store, library: this.#parts.library.log.id };
      if (has !== undefined) await this.#takeOver(about, has);
      const log = openEventLog(this.#directory, { vocabulary: CACHE_VOCABULARY, about });
      this.#opened = await this.#follow(log);
      this.#parts.onSwitched?.(this.#opened.projector.file);
    });
  }

  /** Compares the rows with what the log says; null when there is no log, or they are the same. */
  difference(): Promise<string | null> {
    // Nothing is compacted meanwhile: what the rows say would stand at later positions.
    return this.#alone(async () => {
      if (this.#opened === undefined) return null;
      return await cacheDifference(this.#rows, this.#opened.log, this.#parts.signal);
    });
  }

  /** Builds the rows anew from the log, while the old ones serve. */
  async replay(): Promise<void> {
    await this.#opened?.projector.rebuild();
  }

  /** Reads all of the rows, and builds them again when they are damaged. */
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

  /** Closes the log when its rows can't be had. */
  async #follow(log: EventLog): Promise<Opened> {
    const opened: { log: EventLog } = { log };
    const { logger, signal, onSwitched } = this.#parts;
    try {
      const projector = await Projector.open({
        set: CACHE,
        directory: this.#rows,
        // Written anew, it is opened anew: what follows it does not notice.
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

  /** Begins the log with what the library log of before says: one rename, so that a crash leaves none, or all of it. */
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
    this.#isReplaced = true;
    try {
      await this.#compact(opened, about);
    } finally {
      this.#isReplaced = false;
    }
    await this.#catchUp(opened);
  }

  async #compact(opened: Opened, about: Readonly<Record<string, string>>): Promise<void> {
    await opened.log.close();
    try {
      const events = andThen(this.queries.events(), Date.now());
      await replaceEvents(this.#directory, {
        ...{ vocabulary: CACHE_VOCABULARY, about, events, signal: this.#parts.signal },
      });
    } catch (error) {
      // The log is what it was.
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
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}

/** Of the rows of a cache log, what is not as the log says; null when nothing is. */
export async function cacheDifference(
  directory: string,
  log: EventLog,
  signal?: AbortSignal,
): Promise<string | null> {
  return (await verify({ directory, log, set: CACHE, signal })).difference;
}

/** A log says at least one thing, so that whoever follows it sees that it goes on. */
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
