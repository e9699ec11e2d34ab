/**
 * What a former library log says of the chunk store. Before there was a cache log, the library log said what is stored;
 * it is read once, when a cache log is begun.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { CacheEvent, ContentFacts } from "../../events/facts/cache.ts";
import type { EventLog, StoredEvent } from "../../events/log/event_log.ts";
import {
  type ContentVersion,
  type FileId,
  LOG_START,
  type Seq,
  toSeq,
  trackOfFounder,
} from "../../src/base/mod.ts";
import type { Fold } from "../core/projection.ts";
import { createDatabase, removeDatabase } from "../core/database.ts";
import { Query } from "../core/query.ts";
import type { LibraryQueries } from "../read/library_queries.ts";
import { contentFacts } from "./content_facts.ts";
import { CACHE } from "./cache_file.ts";
import { manifests } from "./manifests.ts";

/** How many events are folded, and how many chunks are looked for, before other work has its turn. */
const AT_ONCE = 256;

export interface FormerCacheParts {
  readonly log: Pick<EventLog, "id" | "read">;
  /** The queries of a library that is level with the log. */
  readonly library: () => LibraryQueries;
  /** A directory with room for the rows. */
  readonly directory: string;
  /** Whether a chunk is in the store. */
  readonly has: (hash: string, length: number) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The rows of everything that was stored and is still in the store, each with the time of its last use. The rows exist
 * only while the returned connection is open; the caller closes it. Takes as long as reading the log.
 */
export async function formerCache(parts: FormerCacheParts): Promise<DatabaseSync> {
  const { directory, log, signal } = parts;
  const path = `${directory}/former-${Deno.pid}-${crypto.randomUUID()}.sqlite`;
  let db = createDatabase(path, log.id, CACHE);
  removeDatabase(path); // Only the open handle keeps the file: nothing is left behind, however this ends.
  try {
    let rows = new Rows(db);
    for (const event of log.read()) {
      signal?.throwIfAborted();
      if (event.type === "ChunkStoreFound" && event.data.holds === "nothing") {
        db.close();
        db = createDatabase(path, log.id, CACHE);
        removeDatabase(path);
        rows = new Rows(db);
      }
      const said = cacheEventOf(event, rows, parts);
      if (said !== undefined) rows.apply(said, event.seq, event.at);
      if (event.seq % AT_ONCE === 0) await breathe();
    }
    await dropLost(db, rows, parts);
    await noteUse(db, rows, parts);
    rows.commit();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

class Rows {
  readonly #db: DatabaseSync;
  readonly #fold: Fold;
  readonly #known: Query;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#known = new Query(db, "SELECT 1 AS one FROM manifests WHERE file = ? AND version = ?");
    db.exec("BEGIN");
    this.#fold = manifests.start(db, { feed: false, touched: new Set() });
  }

  apply(event: CacheEvent, seq: Seq, at: number): void {
    this.#fold.apply({ ...event, seq, at }, [], []);
  }

  /** Whether any part of a version is stored. The facts of the version are noted with its first part. */
  knows(file: number, version: number): boolean {
    return this.#known.get(file, version) !== undefined;
  }

  commit(): void {
    this.#fold.flush();
    this.#db.exec("COMMIT");
  }
}

/**
 * The event of a cache log that says what an event of a library log says; undefined when it says nothing of the store.
 */
function cacheEventOf(
  event: StoredEvent,
  rows: Rows,
  parts: FormerCacheParts,
): CacheEvent | undefined {
  switch (event.type) {
    case "ChunksEvicted":
    case "ChunkCorrupted":
      return event;
    case "PartsCompared": {
      const { file, version, by, alike } = event.data;
      return alike ? { type: "PartsProven", v: 1, data: { file, version, by } } : undefined;
    }
    case "ChunksStored": {
      const { file, version } = event.data;
      if (rows.knows(file, version)) return event;
      return { ...event, data: { ...event.data, of: factsOf(file, version, parts) } };
    }
  }
}

/**
 * The facts of a version: those of the file, if it still has this version, else those of the event that brought the
 * version.
 */
function factsOf(
  file: FileId,
  version: ContentVersion,
  { library, log }: FormerCacheParts,
): ContentFacts | null {
  const now = library().file(file);
  if (now !== undefined && now.content === version) return contentFacts(now);
  const seq = toSeq(version);
  const [event] = log.read({ from: seq, to: seq });
  if (event?.type !== "FilesObserved" || event.seq !== seq) return null;
  const then = event.data.files.find((it) => it.file === file);
  return then === undefined ? null : contentFacts(then);
}

async function dropLost(db: DatabaseSync, rows: Rows, parts: FormerCacheParts): Promise<void> {
  const chunks = new Query(
    db,
    "SELECT id, hash, length FROM chunks WHERE id > ? ORDER BY id LIMIT ?",
  );
  for (let after = 0;;) {
    const some = chunks.all(after, AT_ONCE) as [number, string, number][];
    if (some.length === 0) return;
    for (const [id, hash, length] of some) {
      after = id;
      if (parts.has(hash, length)) continue;
      const data = { hash, reason: "missing" };
      rows.apply({ type: "ChunkCorrupted", v: 1, data }, LOG_START, 0);
    }
    await breathe();
    parts.signal?.throwIfAborted();
  }
}

/** Notes a play of a track as a use of each of its files. */
async function noteUse(db: DatabaseSync, rows: Rows, { library }: FormerCacheParts): Promise<void> {
  const files = new Query(db, "SELECT DISTINCT file FROM manifests").all()
    .map(([file]) => file as FileId);
  for (const [i, file] of files.entries()) {
    const track = library().trackOf(file) ?? trackOfFounder(file);
    const { last_at } = library().listening.plays(track);
    const data = { files: [file] };
    if (last_at > 0) rows.apply({ type: "FilesUsed", v: 1, data }, LOG_START, last_at);
    if (i % AT_ONCE === 0) await breathe();
  }
}

/** Lets all other waiting work run. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
