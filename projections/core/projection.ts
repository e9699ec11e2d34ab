import type { DatabaseSync } from "node:sqlite";
import type { EventType, StoredEvent } from "../../events/log/event_log.ts";
import type { FileTransition, TrackTransition } from "../file_state.ts";

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
   * event that does more than fits into memory comes in several parts, with the next of its transitions each time.
   */
  apply(event: StoredEvent, files: Transitions, tracks: Changes["tracks"]): void;
  /** Writes what was held back; the transaction is committed next. */
  flush(): void;
}

/** The first projection of a run: the others build on what it finds out. */
export interface FilesFold {
  /** What the event does, in parts: each is worked out, and written, when it is asked for. */
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
  /** What `verify` compares. */
  readonly tables: readonly ProjectionTable[];
  /** The events it looks at. */
  readonly handles: ReadonlySet<EventType>;
  /** Creates the empty tables, with their first rows. */
  init(db: DatabaseSync): void;
  /** Creates the indexes that folding can do without: a rebuild calls it last, sorting beats inserting. */
  index(db: DatabaseSync): void;
  start(db: DatabaseSync, context: FoldContext): F;
}

export interface FoldContext {
  /** Nobody follows the change feed of a file that is being rebuilt. */
  readonly feed: boolean;
}
