/**
 * The `origins` projection: what the log says about each origin and its scans.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { EventType, StoredEvent } from "../../events/log/event_log.ts";
import type { OriginEvent, UnlistedDirectory } from "../../events/facts/origins.ts";
import { type Cell, Query } from "../core/query.ts";
import type { FileState } from "./file_state.ts";
import type { Fold, Projection, Transitions } from "../core/projection.ts";

const ORIGIN_EVENTS: ReadonlySet<EventType> = new Set([
  ...["OriginConfigured", "OriginRemoved", "OriginHealthChanged", "ScanStarted"] as const,
  ...["ScanCompleted", "ScanFailed", "RemovalsHeld", "RemovalsConfirmed"] as const,
]);

export const origins: Projection = {
  name: "origins",
  version: 7,
  awaited: true,
  tables: [{ name: "origins", key: ["id"] }, { name: "scans", key: ["id"] }],
  handles: new Set([...ORIGIN_EVENTS, "FilesObserved", "FilesRemoved"]),
  init(db) {
    db.exec(`
      CREATE TABLE origins (
        id TEXT PRIMARY KEY,
        configured INTEGER NOT NULL DEFAULT 0,
        kind TEXT NOT NULL DEFAULT 'local',
        root TEXT NOT NULL DEFAULT '',
        priority INTEGER NOT NULL DEFAULT 0,
        instead_of TEXT NOT NULL DEFAULT '[]',       -- JSON, as in the OriginConfigured that had it last
        moved INTEGER NOT NULL DEFAULT 0,            -- to another root, and not listed there yet
        health TEXT NOT NULL DEFAULT 'unknown',
        reason TEXT,
        last_scan_at INTEGER,                        -- of the last scan that listed all of it
        failed_scan_reason TEXT,                     -- of the last scan, when it failed
        open_scan INTEGER,                           -- started without an end
        open_mode TEXT,
        open_position TEXT,
        held_scan INTEGER,
        held_missing INTEGER NOT NULL DEFAULT 0,
        held_known INTEGER NOT NULL DEFAULT 0,
        confirmed INTEGER NOT NULL DEFAULT 0,
        other_names INTEGER NOT NULL DEFAULT 0,      -- as in ScanCompleted, as far as scans know
        unlisted TEXT NOT NULL DEFAULT '[]',
        unknown TEXT NOT NULL DEFAULT '[]',          -- kinds of files that nobody knows, as of the last scan of all
        tracks INTEGER NOT NULL DEFAULT 0,
        unreadable INTEGER NOT NULL DEFAULT 0,
        unanswered INTEGER NOT NULL DEFAULT 0,       -- of the unreadable, those that nobody could look at
        unanswered_since INTEGER,
        mounts TEXT NOT NULL DEFAULT '[]'            -- directories that are file systems of their own
      ) WITHOUT ROWID;
      CREATE TABLE scans (id INTEGER PRIMARY KEY CHECK (id = 1), last INTEGER NOT NULL);
      INSERT INTO scans VALUES (1, 0);
    `);
  },
  indexes: [],
  start: (db) => new Folding(db),
};

class Folding implements Fold {
  readonly #db: DatabaseSync;
  readonly #lists: Query;
  readonly #statements = new Map<string, StatementSync>();
  /** Tracks and unreadable files gained or lost since the last flush, by origin. */
  readonly #counts = new Map<string, { tracks: number; unreadable: number; unanswered: number }>();

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#lists = new Query(db, "SELECT unlisted, mounts FROM origins WHERE id = ?");
  }

  apply(event: StoredEvent, transitions: Transitions): void {
    for (const { before, after } of transitions) {
      if (before !== undefined) this.#count(before, -1);
      this.#count(after, 1);
    }
    if (event.type === "FilesObserved") {
      const { origin, scan, position } = event.data;
      this.#set(origin, "open_position = ? WHERE open_scan = ? AND id = ?", position, scan);
    } else if (isOriginEvent(event)) {
      this.#fold(event);
    }
  }

  flush(): void {
    for (const [origin, { tracks, unreadable, unanswered }] of this.#counts) {
      this.#update(
        origin,
        "tracks = tracks + ?, unreadable = unreadable + ?, unanswered = unanswered + ?",
        ...[tracks, unreadable, unanswered],
      );
    }
    this.#counts.clear();
  }

  #fold(event: OriginEvent & { readonly at: number }): void {
    const { origin } = event.data;
    switch (event.type) {
      case "OriginConfigured": {
        const { kind, root, priority, instead_of } = event.data;
        return this.#update(
          origin,
          `configured = 1, moved = (moved OR (root <> '' AND root <> ?)), root = ?, kind = ?, priority = ?,
            instead_of = coalesce(?, instead_of)`,
          ...[root, root, kind, priority, instead_of ? JSON.stringify(instead_of) : null],
        );
      }
      case "OriginRemoved":
        return this.#update(
          origin,
          `configured = 0, instead_of = '[]', health = 'unknown', reason = NULL, last_scan_at = NULL,
            failed_scan_reason = NULL, open_scan = NULL, open_mode = NULL, open_position = NULL,
            held_scan = NULL, held_missing = 0, held_known = 0, confirmed = 0, unlisted = '[]', unknown = '[]',
            unanswered_since = NULL, mounts = '[]'`,
        );
      case "OriginHealthChanged":
        return this.#update(origin, "health = ?, reason = ?", event.data.health, event.data.reason);
      case "ScanStarted":
        this.#run("UPDATE scans SET last = max(last, ?)", event.data.scan);
        return this.#update(
          origin,
          "open_scan = ?, open_mode = ?, open_position = NULL",
          ...[event.data.scan, event.data.mode],
        );
      case "ScanCompleted":
        return this.#completed(event);
      case "ScanFailed":
        this.#closed(origin, event.data.scan);
        return this.#update(origin, "failed_scan_reason = ?", event.data.reason);
      case "RemovalsHeld": {
        const { scan, missing, known } = event.data;
        return this.#update(
          origin,
          "held_scan = ?, held_missing = ?, held_known = ?",
          ...[scan, missing, known],
        );
      }
      case "RemovalsConfirmed":
        return this.#update(origin, "confirmed = 1");
    }
  }

  /**
   * Folds the end of a scan. Only a scan that listed everything replaces what is known of the whole origin; a scan of
   * some directories adds what it could not read.
   */
  #completed({ at, data }: Extract<OriginEvent, { type: "ScanCompleted" }> & { at: number }): void {
    const { origin, scan, mode, unlisted, unknown = [], other_names = 0, mounts = [] } = data;
    this.#closed(origin, scan);
    this.flush();
    if (mode === "directories") {
      if (unlisted.length > 0) this.#addUnlisted(origin, unlisted);
      if (other_names > 0) this.#update(origin, "other_names = max(other_names, ?)", other_names);
      if (mounts.length > 0) this.#addMounts(origin, mounts);
      return this.#noteUnanswered(origin, at);
    }
    this.#update(
      origin,
      `last_scan_at = ?, failed_scan_reason = NULL, confirmed = 0, moved = 0, unlisted = ?, unknown = ?,
        other_names = ?, mounts = ?`,
      ...[at, JSON.stringify(unlisted), JSON.stringify(unknown), other_names],
      JSON.stringify(mounts),
    );
    this.#set(
      origin,
      `held_scan = NULL, held_missing = 0, held_known = 0
        WHERE held_scan IS NOT NULL AND held_scan <> ? AND id = ?`,
      scan,
    );
    this.#noteUnanswered(origin, at);
  }

  #addUnlisted(origin: string, unlisted: readonly UnlistedDirectory[]): void {
    const [before] = this.#lists.get(origin) ?? ["[]"];
    const byPath = new Map([...JSON.parse(before as string) as UnlistedDirectory[], ...unlisted]
      .map((it) => [it.path, it]));
    this.#update(origin, "unlisted = ?", JSON.stringify([...byPath.values()]));
  }

  #addMounts(origin: string, mounts: readonly string[]): void {
    const [, before] = this.#lists.get(origin) ?? ["[]", "[]"];
    const all = new Set([...JSON.parse(before as string) as string[], ...mounts]);
    this.#update(origin, "mounts = ?", JSON.stringify([...all]));
  }

  /** Notes since when there has been something on the origin that could not be read. */
  #noteUnanswered(origin: string, at: number): void {
    this.#update(
      origin,
      `unanswered_since = CASE WHEN unanswered > 0 OR unlisted <> '[]'
        THEN coalesce(unanswered_since, ?) END`,
      at,
    );
  }

  #closed(origin: string, scan: number): void {
    this.#set(
      origin,
      `open_scan = NULL, open_mode = NULL, open_position = NULL WHERE open_scan = ? AND id = ?`,
      scan,
    );
  }

  #count(state: FileState, sign: 1 | -1): void {
    if (state.removed) return;
    let counts = this.#counts.get(state.origin);
    if (!counts) {
      this.#counts.set(state.origin, counts = { tracks: 0, unreadable: 0, unanswered: 0 });
    }
    if (state.visible) counts.tracks += sign;
    else counts.unreadable += sign;
    const { unreadable_kind } = state;
    if (unreadable_kind !== null && unreadable_kind !== "format") counts.unanswered += sign;
  }

  /** Sets columns of an origin. An origin without a row gets one first. */
  #update(origin: string, columns: string, ...values: Cell[]): void {
    this.#run("INSERT INTO origins (id) VALUES (?) ON CONFLICT DO NOTHING", origin);
    this.#set(origin, `${columns} WHERE id = ?`, ...values);
  }

  #set(origin: string, rest: string, ...values: Cell[]): void {
    this.#run(`UPDATE origins SET ${rest}`, ...values, origin);
  }

  #run(sql: string, ...values: Cell[]): void {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, statement = this.#db.prepare(sql));
    statement.run(...values);
  }
}

function isOriginEvent(event: StoredEvent): event is Extract<StoredEvent, OriginEvent> {
  return ORIGIN_EVENTS.has(event.type);
}
