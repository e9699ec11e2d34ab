import { setImmediate } from "node:timers";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Seq } from "../../src/base/mod.ts";
import type { EventLog, StoredEvent } from "../../events/log/event_log.ts";
import type { Changes, FilesFold, Fold, FoldContext, Projection } from "./projection.ts";
import type { Projections } from "./projection_set.ts";

/** What a run needs of the log. */
export type SourceLog = Pick<EventLog, "id" | "lastSeq" | "read">;

/** Files or stored parts in one chunk, and events in one that hold none: some 20 ms of work, then others have their
 * turn. */
export const CHUNK_ITEMS = 1_024;
const CHUNK_EVENTS = 256;

/** Files, and tracks, after which others have their turn. */
const STEP_ITEMS = 512;
/** What a part of an event counts at the least: to find out that nothing is to be done takes time as well. */
const PART_ITEMS_MIN = 64;

const NO_CHANGES: Changes = { files: [], tracks: [] };

/** All the projections at work on one database. */
export class FoldRun {
  readonly #files:
    | { readonly handles: Projection["handles"]; readonly fold: FilesFold }
    | undefined;
  readonly #followers: readonly { readonly handles: Projection["handles"]; readonly fold: Fold }[];
  readonly #checkpoint: StatementSync;

  constructor(db: DatabaseSync, { files, followers }: Projections, context: FoldContext) {
    this.#files = files && { handles: files.handles, fold: files.start(db, context) };
    this.#followers = followers.map((it) => ({
      handles: it.handles,
      fold: it.start(db, context),
    }));
    this.#checkpoint = db.prepare("UPDATE library SET checkpoint = ?, checkpoint_at = ?");
  }

  /** Folds events in, in order, and moves the checkpoint; the caller holds a transaction around it. */
  apply(events: readonly StoredEvent[]): void {
    for (const _ of this.steps(events));
  }

  /** The same in steps, after each of which others may have their turn. */
  *steps(events: readonly StoredEvent[]): Generator<void> {
    const last = events.at(-1);
    if (last === undefined) return;
    let items = 0;
    for (const event of events) {
      for (const changes of this.#changes(event)) {
        for (const { handles, fold } of this.#followers) {
          if (!handles.has(event.type)) continue;
          for (const _ of fold.apply(event, changes.files, changes.tracks) ?? []) yield;
        }
        items += Math.max(PART_ITEMS_MIN, changes.files.length + changes.tracks.length);
        if (items < STEP_ITEMS) continue;
        this.#flush();
        items = 0;
        yield;
      }
    }
    this.#flush();
    this.#checkpoint.run(last.seq, last.at);
  }

  #flush(): void {
    this.#files?.fold.flush();
    for (const { fold } of this.#followers) fold.flush();
  }

  /** At least one part, so that the others hear of an event that changes no file. */
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

/** The next events from a position on, as many as are folded in one go. */
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

/** Files that the events speak of, for progress. */
export function filesIn(events: readonly StoredEvent[]): number {
  return events.reduce(
    (sum, event) => sum + (event.type === "FilesObserved" ? event.data.files.length : 0),
    0,
  );
}

/** Lets everything else that waits run. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
