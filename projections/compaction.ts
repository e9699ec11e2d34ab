/**
 * Finds the superseded events of a log: without them the log projects to the same rows, table by table. No event is
 * superseded that may have left a trace (an observation of other bytes, or of a name that another file had before), so
 * compaction drops much less than one might expect:
 *
 * - an observation of a file that found it unchanged, when the file was observed again later;
 * - scans of an origin before the last one that listed the whole origin and left nothing unanswered;
 * - reports of an origin's health before the last one;
 * - reports of the bytes read from an origin, which are summed up: those of its last day, and those of all days before;
 * - events of the chunk store, which are in the cache log now.
 *
 * To find them, the log is folded once more, so that the projections themselves say what an event did to a file.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { EventType, MusicEvent, StoredEvent } from "../events/log/event_log.ts";
import { DETAIL_KINDS, type FileId, type Seq } from "../src/base/mod.ts";
import { FileDetailsStore } from "./catalog/file_details.ts";
import { Query } from "./core/query.ts";
import type { BuildOptions, SourceLog } from "./core/build_at.ts";
import type { Fold, Projection, Transitions } from "./core/projection.ts";
import { replayed } from "./core/verify.ts";
import type { FileState } from "./catalog/file_state.ts";
import { LIBRARY } from "./library.ts";
import { VARIABLE_NAMES } from "./naming/template_variables.ts";
import { search } from "./catalog/search.ts";
import { utcDay } from "./catalog/transfers.ts";

/** A plan of what compaction does to a log. */
export interface Compaction {
  /** Positions of the events that are removed or changed. */
  readonly touched: ReadonlySet<Seq>;
  /** The event that replaces one of them; undefined when it is removed. */
  readonly change: (event: StoredEvent) => MusicEvent | undefined;
}

/**
 * Finds which events up to `until` are superseded by others up to `until`. Takes as long as a rebuild, and as much room
 * in the directory.
 */
export async function planCompaction(
  log: SourceLog,
  until: Seq,
  directory: string,
  options: BuildOptions = {},
): Promise<Compaction> {
  const found = new Superseded();
  const survey: Projection = {
    ...{ name: "compaction", version: 1, tables: [] },
    handles: LOOKED_AT,
    init() {},
    indexes: [],
    start: (db) => new Survey(db, found),
  };
  // The index says nothing of what an event did, and costs as much as the others together.
  const others = LIBRARY.followers.filter((it) => it !== search);
  const set = { ...LIBRARY, followers: [...others, survey] };
  (await replayed(directory, log, set, until, options)).close();
  return found;
}

/** The superseded events found so far. */
class Superseded implements Compaction {
  /** Events that are removed. */
  readonly events = new Set<Seq>();
  /** Files to remove from an observation, by the position of the event. */
  readonly files = new Map<Seq, Set<FileId>>();
  /** The new number of bytes of an OriginTransferred event, by its position. */
  readonly bytes = new Map<Seq, number>();
  /** The scan that has not ended, by origin. Events that say how far it is stay, without any file if need be. */
  readonly openScans = new Map<string, number>();

  get touched(): ReadonlySet<Seq> {
    return new Set([...this.events, ...this.files.keys(), ...this.bytes.keys()]);
  }

  change(event: StoredEvent): MusicEvent | undefined {
    if (this.events.has(event.seq)) return undefined;
    const { seq: _, at: __, ...fact } = event;
    if (fact.type === "FilesObserved") {
      const gone = this.files.get(event.seq);
      if (gone === undefined) return fact;
      const files = fact.data.files.filter(({ file }) => !gone.has(file));
      const { origin, scan } = fact.data;
      if (files.length === 0 && this.openScans.get(origin) !== scan) return undefined;
      return { ...fact, data: { ...fact.data, files } };
    }
    if (fact.type === "OriginTransferred") {
      const bytes = this.bytes.get(event.seq) ?? fact.data.bytes;
      return { ...fact, data: { ...fact.data, bytes } };
    }
    return fact;
  }
}

/** Bytes read from an origin: of its last day, and of all days before, each with the position of their last event. */
interface Read {
  day: number;
  last: { seq: Seq; bytes: number };
  before: { seq: Seq; bytes: number } | undefined;
}

class Survey implements Fold {
  readonly #found: Superseded;
  readonly #details: FileDetailsStore;
  readonly #unanswered: Query;
  /** The last observation of each file; when `idle`, the next observation supersedes it. */
  readonly #observed = new Map<FileId, { readonly seq: Seq; idle: boolean }>();
  /** The scans of each origin that no later scan has superseded yet. */
  readonly #scans = new Map<string, { readonly seq: Seq; readonly scan: number }[]>();
  readonly #health = new Map<string, Seq>();
  readonly #read = new Map<string, Read>();
  #placesByDetails = false;
  #hasViews = false;

  constructor(db: DatabaseSync, found: Superseded) {
    this.#found = found;
    this.#details = new FileDetailsStore(db);
    this.#unanswered = new Query(db, "SELECT unanswered_since FROM origins WHERE id = ?");
  }

  apply(event: StoredEvent, files: Transitions): void {
    this.#follow(event, files);
    switch (event.type) {
      case "ScanStarted":
      case "ScanFailed":
      case "ScanCompleted":
        return this.#scan(event);
      case "OriginHealthChanged": {
        const { origin } = event.data;
        const before = this.#health.get(origin);
        if (before !== undefined) this.#found.events.add(before);
        this.#health.set(origin, event.seq);
        return;
      }
      case "OriginTransferred":
        return this.#transferred(event);
      case "TemplateChanged":
        this.#placesByDetails = mayReadDetails(event.data.template);
        // From here on the template uses details: the last observation of each file places it, even if it changed
        // nothing.
        if (!this.#placesByDetails) return;
        for (const last of this.#observed.values()) last.idle = false;
        return;
      case "ViewsChanged":
        this.#hasViews = event.data.views.length > 0;
        if (!this.#hasViews) return;
        for (const last of this.#observed.values()) last.idle = false;
        return;
      case "PartsCompared":
        if (event.data.alike) this.#found.events.add(event.seq);
        return;
      case "ChunkStoreFound":
      case "ChunksStored":
      case "ChunksEvicted":
      case "ChunkCorrupted":
        this.#found.events.add(event.seq);
    }
  }

  flush(): void {}

  #follow(event: StoredEvent, files: Transitions): void {
    if (event.type !== "FilesObserved") {
      for (const { after } of files) this.#observed.delete(after.file);
      return;
    }
    const { seq } = event;
    for (const { before, after } of files) {
      const last = this.#observed.get(after.file);
      if (last?.idle) {
        const gone = this.#found.files.get(last.seq) ?? new Set();
        this.#found.files.set(last.seq, gone.add(after.file));
      }
      this.#observed.set(after.file, { seq, idle: this.#isIdle(before, after) });
    }
  }

  /** Whether an observation leaves no trace once the next one has repeated its facts. */
  #isIdle(before: FileState | undefined, after: FileState): boolean {
    if (before === undefined || before.removed || after.reader === 0) return false;
    for (const fact of LASTING) if (before[fact] !== after[fact]) return false;
    // Whether a track is in a view may depend on any fact.
    if (this.#hasViews && before.properties !== after.properties) return false;
    if (!this.#placesByDetails && !this.#hasViews) return true;
    // The table still has the details known before the event: it is written after all followers have seen the event.
    const details = JSON.stringify(this.#details.get(after.file));
    return details === JSON.stringify(after.details ?? {});
  }

  #scan(
    { type, seq, data }: Extract<
      StoredEvent,
      { type: "ScanStarted" | "ScanFailed" | "ScanCompleted" }
    >,
  ): void {
    const { origin, scan } = data;
    const { openScans, events } = this.#found;
    const known = this.#scans.get(origin) ?? [];
    if (type === "ScanStarted") openScans.set(origin, scan);
    else if (openScans.get(origin) === scan) openScans.delete(origin);
    known.push({ seq, scan });
    this.#scans.set(origin, known);
    if (type !== "ScanCompleted" || data.mode === "directories") return;
    if (this.#unanswered.get(origin)?.[0] !== null) return;
    const start = known.findIndex((it) => it.scan === scan);
    for (const it of known.slice(0, start)) events.add(it.seq);
    this.#scans.set(origin, known.slice(start));
  }

  #transferred({ seq, at, data }: Extract<StoredEvent, { type: "OriginTransferred" }>): void {
    const { origin, bytes } = data;
    const day = utcDay(at);
    const read = this.#read.get(origin);
    if (read === undefined) {
      this.#read.set(origin, { day, last: { seq, bytes }, before: undefined });
    } else if (read.day === day) {
      this.#found.events.add(read.last.seq);
      read.last = this.#counted(seq, read.last.bytes + bytes);
    } else {
      if (read.before !== undefined) {
        this.#found.events.add(read.before.seq);
        read.before = this.#counted(read.last.seq, read.before.bytes + read.last.bytes);
      } else read.before = read.last;
      read.day = day;
      read.last = { seq, bytes };
    }
  }

  #counted(seq: Seq, bytes: number): { seq: Seq; bytes: number } {
    this.#found.bytes.set(seq, bytes);
    return { seq, bytes };
  }
}

/** The events that the survey looks at: those that change files, and those that may be superseded. */
const LOOKED_AT: ReadonlySet<EventType> = new Set<EventType>([
  ...["FilesObserved", "FilesRemoved", "OriginConfigured", "OriginRemoved"] as const,
  ...["CopiesCompared", "PartsCompared", "TemplateChanged", "ViewsChanged"] as const,
  ...["ScanStarted", "ScanFailed", "ScanCompleted"] as const,
  ...["OriginHealthChanged", "OriginTransferred"] as const,
  ...["ChunkStoreFound", "ChunksStored", "ChunksEvicted", "ChunkCorrupted"] as const,
]);

/**
 * The facts of a file on which anything else may depend. The other facts are said anew by each observation, and nothing
 * else depends on them.
 */
const LASTING = [
  ...["track", "origin", "path", "size", "mtime_s", "mtime_ns", "etag"] as const,
  ...["ctime_s", "ctime_ns", "inode", "mode", "uid", "gid", "format", "audio"] as const,
  ...["audio_start", "audio_end", "tags", "unreadable", "unreadable_kind"] as const,
  ...["removed", "content"] as const,
] satisfies readonly (keyof FileState)[];

/** Whether a template may name details of a file that the table of files lacks. A false positive costs little. */
function mayReadDetails(template: string): boolean {
  const text = template.toLowerCase();
  const names = [...DETAIL_KINDS.keys()].filter((name) => !VARIABLE_NAMES.includes(name));
  return ["tag:", ...names].some((name) => text.includes(name.toLowerCase()));
}
