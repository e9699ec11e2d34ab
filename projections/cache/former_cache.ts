/**
 * What a library log of before says of the chunk store, when that stood there: read from it once, when a cache log is begun.
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

/** Events that are folded, and chunks that are looked for, before others have their turn. */
const AT_ONCE = 256;

export interface FormerCacheParts {
  readonly log: Pick<EventLog, "id" | "read">;
  /** Level with that log. */
  readonly library: () => LibraryQueries;
  /** Where there is room for the rows. */
  readonly directory: string;
  /** Whether a chunk lies in the store. */
  readonly has: (hash: string, length: number) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The rows of what was stored and still lies in the store, with the use that was last made of it. To be closed: they are kept by
 * the open connection alone. Takes as long as reading the log.
 */
export async function formerCache(parts: FormerCacheParts): Promise<DatabaseSync> {
  const { directory, log, signal } = parts;
  const path = `${directory}/former-${Deno.pid}-${crypto.randomUUID()}.sqlite`;
  let db = createDatabase(path, log.id, CACHE);
  removeDatabase(path); // Nothing is left behind, however this ends.
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
    this.#fold = manifests.start(db, { feed: false });
  }

  apply(event: CacheEvent, seq: Seq, at: number): void {
    this.#fold.apply({ ...event, seq, at }, [], []);
  }

  /** Whether something of a version is stored; what the log says of that is noted with the first. */
  knows(file: number, version: number): boolean {
    return this.#known.get(file, version) !== undefined;
  }

  commit(): void {
    this.#fold.flush();
    this.#db.exec("COMMIT");
  }
}

/** What an event of a library log says in the words of a cache log; undefined when nothing. */
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

/** What the log says of a version: the file has it now, or the event that brought it says it. */
function factsOf(
  file: FileId,
  version: ContentVersion,
  { library, log }: FormerCacheParts,
): ContentFacts | null {
  const now = library().file(file);
  if (now !== undefined && now.changed_seq === version) return contentFacts(now);
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

/** Plays of a track are uses of all its files. */
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

/** Lets everything else that waits run. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
