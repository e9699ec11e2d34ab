import type { DatabaseSync } from "node:sqlite";
import type { EventType, StoredEvent } from "../../events/log/event_log.ts";
import type { NodeId } from "../../src/base/mod.ts";
import type { FileTransition, TrackTransition } from "../catalog/file_state.ts";

/** The state before and after an event of each file that the event concerns. */
export type Transitions = readonly FileTransition[];

/** What an event does to files, and how it changes what the tree shows of their tracks. */
export interface Changes {
  readonly files: Transitions;
  readonly tracks: readonly TrackTransition[];
}

/** One projection at work on one database: its statements are prepared, and its hot rows are in memory. */
export interface Fold {
  /**
   * Folds one event in. `files` and `tracks` are what the event did to them, as the `files` projection found. An event
   * that does more than fits into memory comes in several calls, each with the next of its transitions. Work that takes
   * long is returned as an iterable, and done step by step while the caller iterates.
   */
  apply(
    event: StoredEvent,
    files: Transitions,
    tracks: Changes["tracks"],
  ): void | Iterable<unknown>;
  /** Writes everything held back. The transaction is committed next. */
  flush(): void;
}

/** The first projection of a run, on whose findings the others build. */
export interface FilesFold {
  /**
   * What the event does, in parts. Each part is computed, and written, when the caller asks for it. A part may be
   * empty.
   */
  apply(event: StoredEvent): Iterable<Changes>;
  flush(): void;
}

export interface ProjectionTable {
  readonly name: string;
  /** Columns of the primary key, in order. */
  readonly key: readonly string[];
}

/**
 * A fold over the log, as a value. Its rows depend on the events alone: not on the clock, on chance, on how the events
 * were batched or on when the program was restarted. So a rebuild yields identical rows.
 */
export interface Projection<F = Fold> {
  readonly name: string;
  /** Raised when the same events yield other rows than before. The old rows serve until a rebuild is done. */
  readonly version: number;
  /** The tables that are copied from the serving file when the projection is not made anew. */
  readonly tables: readonly ProjectionTable[];
  /** The tables or views that `verify` compares; `tables` when absent. */
  readonly compared?: readonly ProjectionTable[];
  /** The types of events that it looks at. */
  readonly handles: ReadonlySet<EventType>;
  /** Creates the empty tables, with their first rows. */
  init(db: DatabaseSync): void;
  /**
   * Statements that create, unless it exists, each index that folding can do without. A build runs them last, since
   * sorting is faster than inserting.
   */
  readonly indexes: readonly string[];
  start(db: DatabaseSync, context: FoldContext): F;
  /**
   * Names of projections whose rows it reads. They are made anew together with it, since otherwise their rows would be
   * missing.
   */
  readonly looksAt?: readonly string[];
  /**
   * Statements that create the missing indexes that an event needs at once. Otherwise folding creates them itself,
   * which takes long when there are many rows.
   */
  indexesFor?(db: DatabaseSync, event: StoredEvent): readonly string[];
  /**
   * True when the engine decides by these rows what it appends: it waits for them when the projection has another
   * version.
   */
  readonly awaited?: boolean;
  /**
   * For rows that follow from the present rows of other projections, whatever the events before were: makes them all, in
   * steps, once those rows and the indexes are there. A file that is built is not folded into for such a projection:
   * its rows are made at the end. Does nothing when they were made already.
   */
  fill?(db: DatabaseSync): Iterable<unknown>;
  /** Whether an event would change more than `rows` rows. */
  isLarge?(db: DatabaseSync, event: StoredEvent, rows: number): boolean;
  /** For each type of event that is large because it makes the rows anew: which of the former rows it reads. */
  readonly remakes?: Readonly<Partial<Record<EventType, RowsRead>>>;
}

/** For each named table an SQL condition for the rows that are read; of other tables all rows are read. */
export type RowsRead = Readonly<Record<string, string>>;

export interface FoldContext {
  /** False for a file that is being rebuilt: nobody follows its change feed. */
  readonly feed: boolean;
  /**
   * Directories of the tree in which tracks came, went or changed since the last flush. The projection of the tree adds
   * them, those that follow it read them, and each run empties the set after each flush.
   */
  readonly touched: Set<NodeId>;
}
