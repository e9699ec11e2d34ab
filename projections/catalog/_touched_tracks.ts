import type { DatabaseSync, StatementSync } from "node:sqlite";
import {
  type FileId,
  founderOfTrack,
  toFileId,
  type TrackId,
  trackOfFounder,
} from "../../src/base/mod.ts";
import { Query } from "../core/query.ts";
import type { FileState, FileTransition, TrackTransition } from "./file_state.ts";
import type { FileStore } from "./file_store.ts";
import type { Priorities } from "./priorities.ts";

/** A row of `tracks`. */
interface Row {
  readonly file: FileId;
  readonly others: number;
}

/** A track as the current event has changed it so far. */
export interface Track {
  readonly number: TrackId;
  /** Its row and its primary before the event. */
  readonly row: Row | undefined;
  readonly before: FileState | undefined;
  /** True when no track ever had this number before. */
  readonly fresh: boolean;
  readonly copies: Map<FileId, FileState>;
}

/**
 * The tracks that the current event concerns: read with their copies as they were, changed in memory, and written by
 * {@link TouchedTracks.settle}.
 */
export class TouchedTracks {
  readonly #store: FileStore;
  readonly #priorities: Priorities;
  readonly #row: Query;
  readonly #put: StatementSync;
  readonly #drop: StatementSync;
  readonly #moveTo: StatementSync;
  readonly #tracks = new Map<TrackId, Track>();
  /** The files that the event put into tracks. */
  readonly #placed = new Map<FileId, FileState>();

  constructor(db: DatabaseSync, store: FileStore, priorities: Priorities) {
    this.#store = store;
    this.#priorities = priorities;
    this.#row = new Query(db, "SELECT file, others FROM tracks WHERE track = ?");
    this.#put = db.prepare("INSERT OR REPLACE INTO tracks VALUES (?, ?, ?)");
    this.#drop = db.prepare("DELETE FROM tracks WHERE track = ?");
    this.#moveTo = db.prepare("UPDATE files SET track = ? WHERE number = ?");
  }

  /** The track of a number, which may have no copies. `copy` is a copy of it, if one is already at hand. */
  get(number: TrackId, copy?: FileState): Track {
    const known = this.#tracks.get(number);
    if (known !== undefined) return known;
    const found = this.#row.get(number) as [FileId, number] | undefined;
    const row = found && { file: found[0], others: found[1] };
    const copies = row === undefined
      ? alone(copy ?? this.#store.get(founderOfTrack(number)), number)
      : this.#store.copies(number);
    const track: Track = {
      ...{ number, row, fresh: false },
      before: copies.find(({ file }) => file === (row?.file ?? founderOfTrack(number))),
      copies: new Map(copies.map((it) => [it.file, it])),
    };
    this.#tracks.set(number, track);
    return track;
  }

  /** The track of a number, if the event has concerned it already. */
  touched(number: TrackId): Track | undefined {
    return this.#tracks.get(number);
  }

  /** The state of a file in the track in which it is by now. */
  current(file: FileId): FileState | undefined {
    return this.#placed.get(file) ?? this.#store.get(file);
  }

  /** The track in which the event put a file; undefined when it left the file where it was. */
  placedIn(file: FileId): TrackId | undefined {
    return this.#placed.get(file)?.track;
  }

  /** Puts a copy into a track. Its row is changed by {@link move}. */
  place(copy: FileState, track: Track): void {
    const placed = copy.inTrack(track.number);
    track.copies.set(copy.file, placed);
    this.#placed.set(copy.file, placed);
  }

  /** The state of a file that the caller writes, in the track in which the event put it. */
  taken(file: FileState): FileState {
    const placed = this.#placed.get(file.file) ?? file;
    this.#placed.delete(file.file);
    return placed;
  }

  /** Moves all copies into the track with the lower number. */
  merge(one: Track, other: Track): void {
    const [from, to] = one.number < other.number ? [other, one] : [one, other];
    for (const copy of from.copies.values()) this.place(copy, to);
    from.copies.clear();
  }

  /** The track that a file founds: one without copies. `before` is the file before the event, if the log knew it. */
  found(before: FileState | undefined, file: FileId): Track {
    if (before === undefined) return this.#fresh(trackOfFounder(file));
    const last = this.get(before.track);
    if (last.copies.size === 0) return last;
    return this.free(file);
  }

  /** The first track without copies, searched from the own number of a file that is in no track. */
  free(file: FileId): Track {
    let track = this.get(trackOfFounder(file));
    while (track.copies.size > 0) {
      track = this.get(trackOfFounder(lowest(track.copies.keys())));
    }
    return track;
  }

  /** Writes in which tracks the files are that {@link place} put there. */
  move(): void {
    for (const { file, track } of this.#placed.values()) this.#moveTo.run(track, file);
    this.#placed.clear();
  }

  /** Ends an event, or a part of it: determines and writes the primaries, and returns what changed. */
  settle(): TrackTransition[] {
    const transitions: TrackTransition[] = [];
    for (const track of this.#tracks.values()) {
      const { number, before, fresh } = track;
      const [after] = this.#priorities.sorted(track.copies.values());
      this.#write(track, after);
      if (before === after) continue;
      const renewed = before === undefined ? !fresh : after !== undefined && differ(before, after);
      transitions.push({ track: number, before, after, renewed });
    }
    this.#tracks.clear();
    return transitions;
  }

  #fresh(number: TrackId): Track {
    const track = { number, row: undefined, before: undefined, fresh: true, copies: new Map() };
    this.#tracks.set(number, track);
    return track;
  }

  #write({ number, row, copies }: Track, primary: FileState | undefined): void {
    const others = copies.size - 1;
    if (primary === undefined || (others === 0 && primary.file === founderOfTrack(number))) {
      if (row !== undefined) this.#drop.run(number);
    } else if (row?.file !== primary.file || row.others !== others) {
      this.#put.run(number, primary.file, others);
    }
  }
}

/** How tracks change while there is one origin, so that each file is its own track. */
export function eachAlone(transitions: readonly FileTransition[]): TrackTransition[] {
  const tracks: TrackTransition[] = [];
  for (const { before, after } of transitions) {
    const was = before?.visible ? before : undefined;
    const is = after.visible ? after : undefined;
    if (was === undefined && is === undefined) continue;
    // A file may have changed while it was shown nowhere.
    const renewed = before !== undefined && (was === undefined || differ(was, after));
    tracks.push({ track: after.track, before: was, after: is, renewed });
  }
  return tracks;
}

export function lowest(files: Iterable<FileId>): FileId {
  return toFileId(Math.min(...files));
}

function alone(copy: FileState | undefined, track: TrackId): FileState[] {
  return copy?.visible && copy.track === track ? [copy] : [];
}

/** Whether the bytes may differ, or their size and times. */
function differ(one: FileState, other: FileState): boolean {
  return one.file !== other.file || one.content !== other.content ||
    one.size !== other.size || one.mtime_s !== other.mtime_s || one.mtime_ns !== other.mtime_ns;
}
