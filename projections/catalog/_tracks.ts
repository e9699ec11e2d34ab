/**
 * Which files are copies of one **track**, and which of a track's copies, its **primary**, the tree shows.
 *
 * - A track has at most one copy on each origin. The primary is the one of the best priority: the lowest of the
 *   origins' priorities, then of their ids. Whether an origin is up plays no part: the log decides, not the day.
 * - Copies of one track were compared, each with each, as the versions that they have now, and the log says that they are
 *   alike. What looks alike (same path and size, or same sound) is a candidate: it is marked as **uncompared**, and a
 *   track of its own until it was compared.
 * - A file that the log observes in the version that it had stays where it is, whatever its path. One of another version
 *   is a track of its own: whose number is that of the file, keeps it, and the others go on without that file.
 * - When two tracks are found to be alike, the lower number is that of both. When two copies of a track are found to be
 *   unlike, the one that founded it keeps the number, or else the better one; the other founds a track.
 * - Who founds a track goes back to the one it was last in, when that is over; at first that is its own number. When
 *   others went on with it, it takes its own number, or when others have that too, the number of the lowest file there,
 *   and so on. The way comes by no number twice, so it ends at a free one, and no track gives up the one it has.
 *
 * Logs of former programs have no comparisons: to these, what looked alike was one track. Numbers are for ever, so what
 * such a program observed is folded as it did: a file stays with its track while it matches another copy of it; else it
 * joins the lowest track that has a copy of the same path and size, or else of the same sound, and the lower number is
 * that of both. All of them are uncompared, and what turns out to be unlike comes apart.
 *
 * So with one origin every file is its own track, and nothing is looked up.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import {
  type FileId,
  founderOfTrack,
  toFileId,
  toTrackId,
  type TrackId,
  trackOfFounder,
} from "../../src/base/mod.ts";
import type { CopiesCompared, CopyComparison } from "../../events/facts/files.ts";
import { Comparisons, initComparisons } from "./_comparisons.ts";
import { indexMatches, matches, PossibleCopies, type PossibleCopy } from "./possible_copies.ts";
import { Priorities } from "./priorities.ts";
import { Query } from "../core/query.ts";
import type { SourceDirectories } from "./_source_directories.ts";
import type { FileState, FileTransition, TrackTransition } from "./file_state.ts";
import type { FileStore } from "./file_store.ts";
import type { Changes } from "../core/projection.ts";

/** Tracks that are looked at in one part of an event that changes a priority. */
const PART_TRACKS = 1_000;

/** Tables and indexes that tracks need from the start; all are empty while there is one origin. */
export function initTracks(db: DatabaseSync): void {
  db.exec(`
    CREATE TABLE tracks (  -- only those with several copies, or whose copy has another number
      track INTEGER PRIMARY KEY,
      file INTEGER NOT NULL,   -- the primary
      others INTEGER NOT NULL
    );
    CREATE INDEX files_of_others ON files (track) WHERE track <> number;
  `);
  initComparisons(db);
}

/** A row of `tracks`. */
interface Row {
  readonly file: FileId;
  readonly others: number;
}

/** A track as the event at hand has changed it so far. */
interface Track {
  readonly number: TrackId;
  /** Its row, and its primary, before the event. */
  readonly row: Row | undefined;
  readonly before: FileState | undefined;
  /** Nothing ever had the number. */
  readonly fresh: boolean;
  readonly copies: Map<FileId, FileState>;
}

/** The tracks while events are folded. */
export class Tracks {
  readonly #db: DatabaseSync;
  readonly #store: FileStore;
  readonly #row: Query;
  readonly #shared: Query;
  readonly #possible: PossibleCopies;
  readonly #comparisons: Comparisons;
  readonly #put: StatementSync;
  readonly #drop: StatementSync;
  readonly #moveTo: StatementSync;
  readonly #priorities: Priorities;
  /** What the event at hand looked at: tracks, and files that it put into one. */
  readonly #tracks = new Map<TrackId, Track>();
  readonly #placed = new Map<FileId, FileState>();

  constructor(db: DatabaseSync, store: FileStore, directories: SourceDirectories) {
    this.#db = db;
    this.#store = store;
    this.#possible = new PossibleCopies(db, directories);
    this.#comparisons = new Comparisons(db);
    this.#row = new Query(db, "SELECT file, others FROM tracks WHERE track = ?");
    this.#shared = new Query(
      db,
      `SELECT track FROM tracks WHERE track > ? AND others > 0 ORDER BY track LIMIT ${PART_TRACKS}`,
    );
    this.#put = db.prepare("INSERT OR REPLACE INTO tracks VALUES (?, ?, ?)");
    this.#drop = db.prepare("DELETE FROM tracks WHERE track = ?");
    this.#moveTo = db.prepare("UPDATE files SET track = ? WHERE number = ?");
    const origins = new Query(db, "SELECT id, priority FROM origins").all();
    this.#priorities = new Priorities(origins as [string, number][]);
  }

  /** An origin is there from now on, with the priority that it has, or 0. */
  named(origin: string): void {
    if (!this.#priorities.has(origin)) this.#prioritise(origin, 0);
  }

  /** An origin has another priority: some of the tracks with a copy there may go on with another one. */
  *configured(origin: string, priority: number): IterableIterator<Changes> {
    const known = this.#priorities.has(origin);
    const before = this.#priorities.ranking();
    this.#prioritise(origin, priority);
    if (!known || this.#priorities.ranking() === before) return;
    for (let after = 0;;) {
      const numbers = this.#shared.all(after).map((row) => toTrackId(row[0] as number));
      if (numbers.length === 0) return;
      for (const number of numbers) this.#track(number);
      yield { files: [], tracks: this.#settle() };
      after = numbers.at(-1)!;
    }
  }

  /** What becomes of the tracks when files change, each of which is named once and not written yet. */
  follow(transitions: readonly FileTransition[]): Changes {
    if (this.#priorities.size < 2) return { files: transitions, tracks: alone(transitions) };
    const changing = new Set(transitions.map(({ after }) => after.file));
    for (const transition of transitions) this.#leave(transition);
    for (const transition of transitions) {
      if (transition.after.visible) this.#join(transition);
      this.#markWhoMayHaveCopies(transition, changing);
    }
    const files = transitions.map(({ before, after }) => {
      const placed = this.#placed.get(after.file);
      this.#placed.delete(after.file);
      return { before, after: placed ?? after };
    });
    this.#move();
    return { files, tracks: this.#settle() };
  }

  /** What becomes of them when copies were compared. */
  compared({ comparisons, done }: CopiesCompared["data"]): Changes {
    for (const comparison of comparisons) this.#compared(comparison);
    for (const { file, version } of done) {
      if (this.#current(file)?.changed_seq === version) this.#comparisons.unmark(file);
    }
    this.#move();
    return { files: [], tracks: this.#settle() };
  }

  #prioritise(origin: string, priority: number): void {
    this.#priorities.set(origin, priority);
    if (this.#priorities.size === 2) indexMatches(this.#db);
  }

  #leave({ before, after }: FileTransition): void {
    if (before !== undefined && !isSameVersion(before, after)) {
      this.#comparisons.forget(after.file);
    }
    if (!before?.visible) return;
    const track = this.#track(before.track, before);
    track.copies.delete(before.file);
    if (!after.visible) return;
    const others = [...track.copies.values()];
    const isLike = () =>
      isOfFormerProgram(after)
        ? !this.#isUnlike(after, track) &&
          (others.some((other) => matches(other, after)) || this.#isProven(after, others))
        : isSameVersion(before, after);
    const stays = others.length === 0 || !hasCopyOn(track, after.origin) && isLike();
    if (stays) this.#place(after, track);
  }

  #join({ before, after }: FileTransition): void {
    const track = this.#tracks.get(after.track);
    const stayed = track?.copies.has(after.file) ? track : undefined;
    if (isOfFormerProgram(after)) this.#joinByLooks(before, after, stayed);
    else if (stayed === undefined) {
      const own = before?.visible && before.track === trackOfFounder(after.file)
        ? track
        : undefined;
      if (own === undefined) this.#place(after, this.#found(before, after));
      else this.#keepAlone(after, own);
      this.#reunite(after.file);
    }
  }

  #joinByLooks(
    before: FileState | undefined,
    after: FileState,
    stayed: Track | undefined,
  ): void {
    if (stayed !== undefined && stayed.copies.size > 1) return;
    const match = this.#match(after);
    if (stayed === undefined) this.#place(after, match ?? this.#found(before, after));
    else if (match !== undefined) this.#merge(stayed, match);
  }

  /** The file that founded a track has another version, and keeps the number; the others go on under another. */
  #keepAlone(founder: FileState, track: Track): void {
    const others = [...track.copies.values()];
    track.copies.clear();
    this.#place(founder, track);
    if (others.length === 0) return;
    const next = this.#free(lowest(others.map(({ file }) => file)));
    for (const copy of others) this.#place(copy, next);
  }

  #markWhoMayHaveCopies(
    { before, after }: FileTransition,
    changing: ReadonlySet<FileId>,
  ): void {
    if (!after.visible) {
      this.#comparisons.unmark(after.file);
      // What was one too many on this origin may have its turn.
      const left = before?.visible ? this.#track(before.track).copies.values() : [];
      for (const copy of left) this.#mark(copy, changing);
    } else if (
      !before?.visible || before.origin !== after.origin || before.path !== after.path ||
      !isSameVersion(before, after)
    ) {
      this.#comparisons.unmark(after.file);
      this.#mark(after, changing);
    }
  }

  /** Files that change in the same event are those of its origin, or gone. */
  #mark(copy: FileState, changing: ReadonlySet<FileId>): void {
    const isThere = ({ file }: PossibleCopy) => !changing.has(file);
    const hasCandidate = this.#possible.byPath(copy, this.#priorities.origins()).some(isThere) ||
      this.#possible.bySound(copy).some(isThere);
    if (hasCandidate) this.#comparisons.mark(copy.file);
  }

  #compared(comparison: CopyComparison): void {
    const one = this.#current(comparison.file);
    const other = this.#current(comparison.other);
    if (!one?.visible || !other?.visible || one.origin === other.origin) return;
    if (one.changed_seq !== comparison.version) return;
    if (other.changed_seq !== comparison.other_version) return;
    this.#comparisons.put(comparison);
    if (comparison.alike !== "nothing") this.#unite(one, other);
    else if (one.track === other.track) this.#separate(one, other);
  }

  /** Two files are alike: their tracks are one, if all the copies of both are. */
  #unite({ track: one }: FileState, { track: other }: FileState): void {
    if (one === other) return;
    const first = this.#track(one);
    const second = this.#track(other);
    for (const copy of first.copies.values()) {
      for (const { file, origin } of second.copies.values()) {
        if (copy.origin === origin) return;
        const alike = this.#comparisons.of(copy.file, file);
        if (alike === undefined || alike === "nothing") return;
      }
    }
    this.#merge(first, second);
  }

  #separate(one: FileState, other: FileState): void {
    const track = this.#track(one.track);
    const founder = [one, other].find(({ file }) => trackOfFounder(file) === track.number);
    const [stays = one] = founder ? [founder] : this.#priorities.sorted([one, other]);
    const leaves = stays === one ? other : one;
    track.copies.delete(leaves.file);
    this.#place(leaves, this.#found(leaves, leaves));
    this.#reunite(leaves.file);
  }

  /** A file may have been found to be like others, and not be with them yet. */
  #reunite(file: FileId): void {
    for (const partner of this.#comparisons.partners(file)) {
      const other = this.#current(partner);
      if (other?.visible) this.#unite(this.#current(file)!, other);
    }
  }

  #isUnlike({ file }: FileState, { copies }: Track): boolean {
    for (const copy of copies.keys()) {
      if (this.#comparisons.of(file, copy) === "nothing") return true;
    }
    return false;
  }

  #isProven({ file }: FileState, others: readonly FileState[]): boolean {
    return others.every((other) => this.#comparisons.of(file, other.file) !== undefined);
  }

  #current(file: FileId): FileState | undefined {
    return this.#placed.get(file) ?? this.#store.get(file);
  }

  #move(): void {
    for (const { file, track } of this.#placed.values()) this.#moveTo.run(track, file);
    this.#placed.clear();
  }

  #place(copy: FileState, track: Track): void {
    const placed = copy.inTrack(track.number);
    track.copies.set(copy.file, placed);
    this.#placed.set(copy.file, placed);
  }

  /** The track with the lower number goes on with the copies of both. */
  #merge(one: Track, other: Track): void {
    const [from, to] = one.number < other.number ? [other, one] : [one, other];
    for (const copy of from.copies.values()) this.#place(copy, to);
    from.copies.clear();
  }

  /** A track without copies for a file that has none. */
  #found(before: FileState | undefined, { file }: FileState): Track {
    if (before === undefined) return this.#fresh(trackOfFounder(file));
    const last = this.#track(before.track);
    if (last.copies.size === 0) return last;
    return this.#free(file);
  }

  /** The way to a free number begins at that of a file which is in no track. */
  #free(file: FileId): Track {
    let track = this.#track(trackOfFounder(file));
    while (track.copies.size > 0) {
      track = this.#track(trackOfFounder(lowest([...track.copies.keys()])));
    }
    return track;
  }

  #match(file: FileState): Track | undefined {
    return this.#lowest(file, this.#possible.byPath(file, this.#priorities.origins())) ??
      this.#lowest(file, this.#possible.bySound(file));
  }

  /** The lowest track of these files that a former program would have put `copy` into. */
  #lowest(copy: FileState, candidates: readonly PossibleCopy[]): Track | undefined {
    const current = candidates.map(({ file, track }) => ({
      file,
      track: this.#placed.get(file)?.track ?? track,
    }));
    for (const { file, track: number } of current.sort((a, b) => a.track - b.track)) {
      const track = this.#track(number);
      if (!track.copies.has(file) || hasCopyOn(track, copy.origin)) continue;
      if (this.#isUnlike(copy, track)) continue;
      // What this program saw is one with another by being compared alone.
      if ([...track.copies.values()].every(isOfFormerProgram)) return track;
    }
    return undefined;
  }

  /** `copy` is what is known already of one that it has. */
  #track(number: TrackId, copy?: FileState): Track {
    const known = this.#tracks.get(number);
    if (known !== undefined) return known;
    const found = this.#row.get(number) as [FileId, number] | undefined;
    const row = found && { file: found[0], others: found[1] };
    const copies = row === undefined
      ? this.#alone(copy ?? this.#store.get(founderOfTrack(number)), number)
      : this.#store.copies(number);
    const track: Track = {
      ...{ number, row, fresh: false },
      before: copies.find(({ file }) => file === (row?.file ?? founderOfTrack(number))),
      copies: new Map(copies.map((it) => [it.file, it])),
    };
    this.#tracks.set(number, track);
    return track;
  }

  #alone(copy: FileState | undefined, track: TrackId): FileState[] {
    return copy?.visible && copy.track === track ? [copy] : [];
  }

  #fresh(number: TrackId): Track {
    const track = { number, row: undefined, before: undefined, fresh: true, copies: new Map() };
    this.#tracks.set(number, track);
    return track;
  }

  /** The end of an event, or of a part of it: who is primary now. */
  #settle(): TrackTransition[] {
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

  #write({ number, row, copies }: Track, primary: FileState | undefined): void {
    const others = copies.size - 1;
    if (primary === undefined || (others === 0 && primary.file === founderOfTrack(number))) {
      if (row !== undefined) this.#drop.run(number);
    } else if (row?.file !== primary.file || row.others !== others) {
      this.#put.run(number, primary.file, others);
    }
  }
}

function lowest(files: readonly FileId[]): FileId {
  return toFileId(Math.min(...files));
}

/** With one origin a file is its own track. */
function alone(transitions: readonly FileTransition[]): TrackTransition[] {
  const tracks: TrackTransition[] = [];
  for (const { before, after } of transitions) {
    const was = before?.visible ? before : undefined;
    const is = after.visible ? after : undefined;
    if (was === undefined && is === undefined) continue;
    const renewed = before !== undefined && differ(before, after);
    tracks.push({ track: after.track, before: was, after: is, renewed });
  }
  return tracks;
}

/** It took the same sound, and the same path and size, for a proof; it wrote no version of its tag reader. */
function isOfFormerProgram({ reader }: FileState): boolean {
  return reader === 0;
}

function isSameVersion(before: FileState, after: FileState): boolean {
  return !before.removed && before.changed_seq === after.changed_seq;
}

function hasCopyOn({ copies }: Track, origin: string): boolean {
  for (const copy of copies.values()) if (copy.origin === origin) return true;
  return false;
}

/** Whether the bytes may differ, or what is told of them. */
function differ(one: FileState, other: FileState): boolean {
  return one.file !== other.file || one.changed_seq !== other.changed_seq ||
    one.size !== other.size || one.mtime_s !== other.mtime_s || one.mtime_ns !== other.mtime_ns;
}
