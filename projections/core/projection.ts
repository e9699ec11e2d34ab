import type { DatabaseSync } from "node:sqlite";
import type { EventType, StoredEvent } from "../../events/log/event_log.ts";
import type { FileTransition, TrackTransition } from "../catalog/file_state.ts";

/** How each file that an event looked at stood before it, and how it stands after it. */
export type Transitions = readonly FileTransition[];

/** What an event does to files, and what the tree is to show of their tracks. */
export interface Changes {
  readonly files: Transitions;
  readonly tracks: readonly TrackTransition[];
}

/** One projection at work on one database: statements prepared, hot rows in memory. */
export interface Fold {
  /**
   * Folds one event in. `files` and `tracks` are what the event did to them, as the `files` projection found out. An
   * event that does more than fits into memory comes in several parts, with the next of its transitions each time. What
   * takes long is returned, and done step by step while that is iterated.
   */
  apply(
    event: StoredEvent,
    files: Transitions,
    tracks: Changes["tracks"],
  ): void | Iterable<unknown>;
  /** Writes what was held back; the transaction is committed next. */
  flush(): void;
}

/** The first projection of a run: the others build on what it finds out. */
export interface FilesFold {
  /** What the event does, in parts: each is worked out, and written, when it is asked for. Some may be empty. */
  apply(event: StoredEvent): Iterable<Changes>;
  flush(): void;
}

export interface ProjectionTable {
  readonly name: string;
  /** Columns of the primary key, in order. */
  readonly key: readonly string[];
}

/**
 * A fold over the log, as a value. Its rows depend on the events alone: not on the clock, on chance, on how the
 * events were batched or on when the program was restarted, so that a rebuild is identical.
 */
export interface Projection<F = Fold> {
  readonly name: string;
  /** Counts up when the same events yield other rows than before: the old rows serve until a rebuild is done. */
  readonly version: number;
  /** What is copied from the file that serves, where it is not made anew. */
  readonly tables: readonly ProjectionTable[];
  /** What `verify` compares, which may be views; `tables` when absent. */
  readonly compared?: readonly ProjectionTable[];
  /** The events it looks at. */
  readonly handles: ReadonlySet<EventType>;
  /** Creates the empty tables, with their first rows. */
  init(db: DatabaseSync): void;
  /**
   * Statements that create, where it is not there yet, each index that folding can do without: a build runs them last,
   * sorting beats inserting.
   */
  readonly indexes: readonly string[];
  start(db: DatabaseSync, context: FoldContext): F;
  /** Names of others whose rows it looks at: where it is made anew, these are as well, or they would not be there yet. */
  readonly looksAt?: readonly string[];
  /**
   * Statements that create the indexes which an event needs at once, as far as they are not there. Folding does so itself
   * otherwise, which takes long where there are many rows.
   */
  indexesFor?(db: DatabaseSync, event: StoredEvent): readonly string[];
  /** The engine decides by these rows what it appends, so it waits for them when the projection has another version. */
  readonly awaited?: boolean;
  /** Whether an event would change more than so many rows. */
  isLarge?(db: DatabaseSync, event: StoredEvent, rows: number): boolean;
  /** Of events that are large because they make the rows anew: what of the former rows they look at. */
  readonly remakes?: Readonly<Partial<Record<EventType, RowsRead>>>;
}

/** Of tables, the rows that something looks at, as an SQL condition; all of the others. */
export type RowsRead = Readonly<Record<string, string>>;

export interface FoldContext {
  /** Nobody follows the change feed of a file that is being rebuilt. */
  readonly feed: boolean;
}
