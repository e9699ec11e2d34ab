import {
  createMemoryEventLog,
  type EventLog,
  type MusicEvent,
  type ObservedFile,
} from "../../events/mod.ts";
import type { OriginType } from "../../events/facts/origins.ts";
import {
  type CacheQueries,
  type FileState,
  type LibraryProjector,
  openLibrary,
} from "../../projections/mod.ts";
import { randomNumbers } from "../../scripts/audio/bytes.ts";
import { FileSystemError, FIRST_FILE_ID, type Logger, toFileId } from "../../src/base/mod.ts";
import { MemoryChunkStore } from "../../src/cache/store/mod.ts";
import { type ByteRange, missingRanges } from "../../src/cache/fetch/byte_ranges.ts";
import {
  AdoptionProver,
  CopyComparer,
  Fetcher,
  type SourceOrigin,
  StoreKeeper,
} from "../../src/cache/mod.ts";
import { cutHere } from "./cut_here.ts";
import { MemoryOrigin } from "../../src/origins/mod.ts";
import { FaultyOrigin } from "./faulty_origin.ts";
import { MemoryCache } from "./memory_cache.ts";
import { observedOn } from "./music_events.ts";

export interface ContentWorldOptions {
  /** Ids of the origins, the preferred one first. */
  readonly origins?: readonly string[];
  /** The kind of the origins in the log; "local" when absent. */
  readonly kind?: OriginType;
  /** Limits of stored content and of metadata in bytes; none when absent. */
  readonly limits?: { readonly content: number; readonly metadata: number };
  /** Bytes that the disk has for chunks; unlimited when absent. */
  readonly room?: number;
  /** Bytes that may be in memory before they are stored; unlimited when absent. */
  readonly memoryMax?: number;
  /** Seed of the places at which bytes are compared; 1 when absent. */
  readonly seed?: number;
}

/** An origin in memory whose calls can be made to fail. */
interface WorldOrigin {
  readonly memory: MemoryOrigin;
  readonly faulty: FaultyOrigin;
  readonly priority: number;
  isDown: boolean;
}

/**
 * Everything between the origins and the mount. Only the origins, the store and the clock are in memory; the log and
 * the projections are real.
 */
export class ContentWorld implements AsyncDisposable {
  readonly events: MusicEvent[] = [];
  readonly store: MemoryChunkStore;
  readonly keeper: StoreKeeper;
  fetcher: Fetcher;
  readonly comparer: CopyComparer;
  readonly prover: AdoptionProver;
  readonly projector: LibraryProjector;
  readonly cache: MemoryCache;
  /** Messages that were logged, each with its level. */
  readonly said: string[] = [];
  /** Directories in which a change was noticed, each after its origin's id. */
  readonly drifts: string[] = [];
  /** In ms since the epoch; the log and the keeper use it. */
  now = 1_700_000_000_000;
  /** Awaited before chunks are stored. */
  beforeCut: () => Promise<void> = () => Promise.resolve();
  readonly #memoryMax: number;
  readonly #random: (below: number) => number;
  /** The directory of the projections. */
  readonly directory: string;
  readonly #origins = new Map<string, WorldOrigin>();
  readonly #abort = new AbortController();
  readonly #log: EventLog;
  #nextFile = FIRST_FILE_ID;

  static async open(options: ContentWorldOptions = {}): Promise<ContentWorld> {
    const directory = Deno.makeTempDirSync({ prefix: "musicfs-world-" });
    const log = createMemoryEventLog({ clock: { now: () => world.now++ } });
    const projector = await openLibrary({ directory, log });
    const cache = await MemoryCache.open({
      ...{ library: directory, directory: `${directory}/stored` },
      clock: { now: () => world.now++ },
      onAppended: (events) => world.events.push(...events),
    });
    const world: ContentWorld = new ContentWorld(directory, log, projector, cache, options);
    for (const [origin, { priority }] of world.#origins) {
      const data = { origin, kind: options.kind ?? "local", root: `/${origin}`, priority };
      await world.append({ type: "OriginConfigured", v: 1, data });
    }
    return world;
  }

  private constructor(
    directory: string,
    log: EventLog,
    projector: LibraryProjector,
    cache: MemoryCache,
    {
      origins = ["nas"],
      limits = { content: Infinity, metadata: Infinity },
      room = Infinity,
      memoryMax = Infinity,
      seed = 1,
    }: ContentWorldOptions,
  ) {
    this.#random = randomNumbers(seed);
    this.#memoryMax = memoryMax;
    this.store = new MemoryChunkStore({ room });
    this.directory = directory;
    this.#log = log;
    this.projector = projector;
    this.cache = cache;
    for (const [i, id] of origins.entries()) {
      const memory = new MemoryOrigin(id, `/${id}`);
      const faulty = new FaultyOrigin(memory);
      this.#origins.set(id, { memory, faulty, priority: i + 1, isDown: false });
    }
    const content = () => cache.queries;
    const append = (events: readonly MusicEvent[]) => this.append(...events);
    const { logger, store } = this;
    this.keeper = new StoreKeeper({
      ...{ store, log: cache, appendToLibrary: append, limits, logger },
      now: () => this.now,
    });
    this.fetcher = this.#newFetcher();
    const background = {
      ...{ queries: () => projector.queries, content, append, logger, keeper: this.keeper },
      origin: (id: string) => this.#origins.get(id)?.isDown ? undefined : this.#source(id)?.origin,
      quiet: () => Promise.resolve(),
      onDrift: ({ origin, path }: FileState) => this.drifts.push(`${origin}:${path}`),
      ...{ random: this.#random, signal: this.#abort.signal },
    };
    this.comparer = new CopyComparer(background);
    this.prover = new AdoptionProver({
      ...background,
      complete: (file, signal) => this.fetcher.complete(file, 1024 * 1024, signal),
    });
  }

  /** The queries of the stored content. */
  get content(): CacheQueries {
    return this.cache.queries;
  }

  get logger(): Logger {
    const at = (level: string) => (message: string) => void this.said.push(`${level}: ${message}`);
    return {
      ...{ error: at("error"), warn: at("warn"), info: at("info") },
      ...{ debug: at("debug"), trace: at("trace") },
    };
  }

  origin(id: string = "nas"): WorldOrigin {
    return this.#origins.get(id)!;
  }

  async append(...events: MusicEvent[]): Promise<void> {
    await this.#log.append(events);
    await this.projector.catchUp();
    this.events.push(...events);
  }

  /** Puts a file on an origin and lets a scan find it: as a new file, or as the one with the number `file`. */
  async put(
    origin: string,
    path: string,
    bytes: Uint8Array<ArrayBuffer>,
    facts: Partial<ObservedFile> = {},
  ): Promise<FileState> {
    const { memory } = this.origin(origin);
    memory.write(path, bytes);
    const { bytes: _, ...version } = memory.files.get(path)!;
    const file = facts.file ?? this.#nextFile++;
    const observed = {
      ...{ path, ...version, format: "flac" as const, tags: {}, reader: 1 },
      ...{ ...facts, file },
    };
    await this.append(observedOn(origin, 1, observed));
    return this.file(file);
  }

  file(file: number): FileState {
    return this.projector.queries.file(toFileId(file))!;
  }

  /** Bytes of a file as the mount reads them, from stored parts and fetches. A fetch is tried up to three times. */
  async read(
    file: FileState,
    from: number = 0,
    to: number = file.size,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { file: number, content: version } = file;
    for (let round = 0; round < 3; round++) {
      const into = new Uint8Array(to - from);
      const held: ByteRange[] = [];
      const put = (at: number, bytes: Uint8Array) => {
        const start = Math.max(at, from);
        const end = Math.min(at + bytes.length, to);
        if (start >= end) return;
        held.push({ from: start, to: end });
        into.set(bytes.subarray(start - at, end - at), start - from);
      };
      const deliveries = await this.fetcher.fetch({ file: number, version, from, to });
      for (const it of deliveries) {
        try {
          put(it.from, it.bytes(it.from, it.arrived));
        } catch {
          // The shared memory is gone already: the fetch is tried again.
        }
      }
      for (const part of this.content.storedParts(number, version, from, to, 1_000_000)) {
        put(part.offset, this.keeper.bytes(part)!);
      }
      if (missingRanges({ from, to }, held).length === 0) return into;
    }
    throw new FileSystemError("EIO", "bytes were fetched and never there");
  }

  /** Fetches a file until all of it is stored. */
  async keep(file: FileState): Promise<void> {
    await this.fetcher.complete(file.file, 4 * 1024 * 1024, this.#abort.signal);
  }

  /** Stores the bytes that have arrived, and continues like an engine that was started again. */
  async restart(): Promise<void> {
    await this.fetcher.close();
    this.fetcher = this.#newFetcher();
  }

  /** The number of stored bytes of a file's version. */
  storedBytes({ file, content: version }: FileState): number {
    return this.content.manifest(file, version)?.bytes ?? 0;
  }

  /** Whether the store and the log have the same chunks. */
  get isInStep(): boolean {
    const chunks = this.content.chunks(0, 1_000_000);
    const names = [...this.store.list()].map(({ hash }) => hash).sort();
    return JSON.stringify(chunks.map(({ hash }) => hash).sort()) === JSON.stringify(names);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fetcher.close();
    this.#abort.abort();
    await this.cache.close();
    await this.projector.close();
    await this.#log.close();
    await Deno.remove(this.directory, { recursive: true });
  }

  #newFetcher(): Fetcher {
    return new Fetcher({
      queries: () => this.projector.queries,
      content: () => this.content,
      keeper: this.keeper,
      cut: async (run) => {
        await this.beforeCut();
        return cutHere(run, this.store);
      },
      origin: (id) => this.#source(id),
      onDrift: (origin, directory) => this.drifts.push(`${origin}:${directory}`),
      random: this.#random,
      onAdopted: () => {},
      onUnlike: (comparison) => {
        const data = { comparisons: [comparison], done: [] };
        void this.append({ type: "CopiesCompared", v: 1, data });
      },
      logger: this.logger,
      signal: this.#abort.signal,
      memoryMax: this.#memoryMax,
    });
  }

  #source(id: string): SourceOrigin | undefined {
    const known = this.#origins.get(id);
    return known && { origin: known.faulty, ...known, latency_ms: 1 };
  }
}

/** Bytes that compress, deduplicate and repeat as little as music does. */
export function noise(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = randomNumbers(seed);
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = random(2 ** 32);
  return new Uint8Array(words.buffer, 0, length);
}

/** A file made of a head and a sound, with the facts that a scan finds. */
export function song(
  head: Uint8Array,
  sound: Uint8Array,
  audio: string = "sound",
): { bytes: Uint8Array<ArrayBuffer>; facts: Partial<ObservedFile> } {
  const bytes = new Uint8Array(head.length + sound.length);
  bytes.set(head);
  bytes.set(sound, head.length);
  return { bytes, facts: { audio, audio_start: head.length, audio_end: bytes.length } };
}
