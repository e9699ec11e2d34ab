import { setImmediate } from "node:timers";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { NodeId, Seq } from "../../src/base/mod.ts";
import type { EventLog, StoredEvent } from "../../events/log/event_log.ts";
import type { Changes, FilesFold, Fold, FoldContext, Projection } from "./projection.ts";
import type { Projections } from "./projection_set.ts";

/** The part of the log that a run needs. */
export type SourceLog = Pick<EventLog, "id" | "lastSeq" | "read">;

/**
 * How many files or stored parts are in one chunk, and how many events in a chunk without any: some 20 ms of work, then
 * other work has its turn.
 */
export const CHUNK_ITEMS = 1_024;
const CHUNK_EVENTS = 256;

/** After this many files and tracks other work has its turn. */
const STEP_ITEMS = 512;
/** The least that a part of an event counts: even to find out that there is nothing to do takes time. */
const PART_ITEMS_MIN = 64;

const NO_CHANGES: Changes = { files: [], tracks: [] };

/** All projections of a set, folding into one database. */
export class FoldRun {
  readonly #files:
    | { readonly handles: Projection["handles"]; readonly fold: FilesFold }
    | undefined;
  readonly #followers: readonly { readonly handles: Projection["handles"]; readonly fold: Fold }[];
  /** The types of events that make rows anew, from the rows that events before them made. */
  readonly #remaking: ReadonlySet<string>;
  readonly #checkpoint: StatementSync;
  readonly #touched = new Set<NodeId>();

  constructor(
    db: DatabaseSync,
    { files, followers }: Projections,
    { feed }: Pick<FoldContext, "feed">,
  ) {
    const context = { feed, touched: this.#touched };
    this.#files = files && { handles: files.handles, fold: files.start(db, context) };
    this.#followers = followers.map((it) => ({
      handles: it.handles,
      fold: it.start(db, context),
    }));
    this.#remaking = new Set(followers.flatMap(({ remakes = {} }) => Object.keys(remakes)));
    this.#checkpoint = db.prepare("UPDATE library SET checkpoint = ?, checkpoint_at = ?");
  }

  /** Folds events in, in order, and moves the checkpoint. The caller holds a transaction around the call. */
  apply(events: readonly StoredEvent[]): void {
    for (const _ of this.steps(events));
  }

  /** The same as `apply`, in steps: other work may run after each. */
  *steps(events: readonly StoredEvent[]): Generator<void> {
    const last = events.at(-1);
    if (last === undefined) return;
    let items = 0;
    for (const event of events) {
      if (this.#remaking.has(event.type)) this.#flush();
      for (const changes of this.#changes(event)) {
        if (items >= STEP_ITEMS) {
          this.#flush();
          items = 0;
          yield;
        }
        for (const { handles, fold } of this.#followers) {
          if (!handles.has(event.type)) continue;
          for (const _ of fold.apply(event, changes.files, changes.tracks) ?? []) yield;
        }
        items += Math.max(PART_ITEMS_MIN, changes.files.length + changes.tracks.length);
      }
      // The files projection has written all of the event by now: what is made from its rows sees them.
      if (items < STEP_ITEMS) continue;
      this.#flush();
      items = 0;
      yield;
    }
    this.#flush();
    this.#checkpoint.run(last.seq, last.at);
  }

  #flush(): void {
    this.#files?.fold.flush();
    for (const { fold } of this.#followers) fold.flush();
    this.#touched.clear();
  }

  /** Yields at least one part, so that the followers also see an event that changes no file. */
  *#changes(event: StoredEvent): IterableIterator<Changes> {
    let parts = 0;
    if (this.#files?.handles.has(event.type)) {
      for (const changes of this.#files.fold.apply(event)) {
        parts++;
        yield changes;
      }
    }
    if (parts === 0) yield NO_CHANGES;
  }
}

/** The next events from a position on, as many as are folded at a time. */
export function nextChunk(log: SourceLog, from: Seq, to: Seq): StoredEvent[] {
  const events: StoredEvent[] = [];
  let items = 0;
  for (const event of log.read({ from, to })) {
    events.push(event);
    if (event.type === "FilesObserved" || event.type === "OtherFilesObserved") {
      items += event.data.files.length;
    }
    if (event.type === "ChunksStored") items += event.data.chunks.length;
    if (items >= CHUNK_ITEMS || events.length >= CHUNK_EVENTS) break;
  }
  return events;
}

/** The number of files in the events, for reports of progress. */
export function filesIn(events: readonly StoredEvent[]): number {
  return events.reduce(
    (sum, event) => sum + (event.type === "FilesObserved" ? event.data.files.length : 0),
    0,
  );
}

/** Lets all other waiting work run. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
