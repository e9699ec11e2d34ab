/**
 * Which files are copies of one **track**, and which of a track's copies, its **primary**, the tree shows.
 *
 * - A track has at most one copy on each origin. The primary is the copy with the best priority: that of the origin
 *   with the lowest priority number, then with the lowest id. Whether an origin is up plays no part: the rows depend on
 *   the log alone.
 * - Copies of one track have been compared, each with each, in the versions that they have now, and the log says that
 *   they are alike. Files that look alike (same path and size, or same sound) are candidates: such a file is marked as
 *   **uncompared**, and is a track of its own until it is compared.
 * - A file that the log observes again in the same version stays in its track, whatever its path. A file of another
 *   version becomes a track of its own. If it is the file whose number the track has, it keeps the number and the other
 *   copies continue under another one; otherwise it leaves and the others stay.
 * - When two tracks are found to be alike, both continue under the lower number. When two copies of a track are found
 *   to be unlike, the one that founded the track keeps the number, or else the one with the better priority; the other
 *   one founds a track.
 * - A new file founds the track with its own number. Later, a file that founds a track takes the number of the track
 *   that it was last in, if that track has no copies left. Otherwise it takes its own number. If other files have that
 *   too, it takes the number of the lowest file among them, and so on. This search meets no number twice, so it ends at
 *   a free one, and no track gives up its number.
 *
 * Logs of former programs have no comparisons: to such a program, files that looked alike were one track. Numbers never
 * change, so the observations of such a program are folded as it folded them: a file stays with its track while it
 * matches another copy of it. Otherwise it joins the lowest track that has a copy of the same path and size, or else of
 * the same sound, and the lower number is that of both. All these files are uncompared, and copies that turn out to be
 * unlike are separated.
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

/** How many tracks are looked at in one part of an event that changes a priority. */
const PART_TRACKS = 1_000;

/** Creates the tables and indexes that tracks need from the start. All are empty while there is one origin. */
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

/** A track as the current event has changed it so far. */
interface Track {
  readonly number: TrackId;
  /** Its row and its primary before the event. */
  readonly row: Row | undefined;
  readonly before: FileState | undefined;
  /** True when no track ever had this number before. */
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
  /** The tracks that the current event concerns, and the files that it put into tracks. */
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

  /** Notes that an origin exists. A new origin has priority 0. */
  named(origin: string): void {
    if (!this.#priorities.has(origin)) this.#prioritise(origin, 0);
  }

  /** Sets the priority of an origin. Some of the tracks with a copy there may get another primary. */
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

  /** How tracks change when files change. Each file is named once, and is not written yet. */
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

  /** How tracks change when copies were compared. */
  compared({ comparisons, done }: CopiesCompared["data"]): Changes {
    for (const comparison of comparisons) this.#compared(comparison);
    for (const { file, version } of done) {
      if (this.#current(file)?.content === version) this.#comparisons.unmark(file);
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

  /**
   * The file that founded a track has another version and keeps the number; the other copies continue under another
   * number.
   */
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
      // A copy on this origin that was one too many may now join.
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

  /**
   * Marks a copy as uncompared when it has a candidate. Files that change in the same event are no candidates: they are
   * on the same origin, or gone.
   */
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
    if (one.content !== comparison.version) return;
    if (other.content !== comparison.other_version) return;
    this.#comparisons.put(comparison);
    if (comparison.alike !== "nothing") this.#unite(one, other);
    else if (one.track === other.track) this.#separate(one, other);
  }

  /** Two files are alike: their tracks become one, if all copies of the one are like all copies of the other. */
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

  /** Unites a file with files that were found to be like it and that are in other tracks. */
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

  /** Moves all copies into the track with the lower number. */
  #merge(one: Track, other: Track): void {
    const [from, to] = one.number < other.number ? [other, one] : [one, other];
    for (const copy of from.copies.values()) this.#place(copy, to);
    from.copies.clear();
  }

  /** The track that a file founds: one without copies. */
  #found(before: FileState | undefined, { file }: FileState): Track {
    if (before === undefined) return this.#fresh(trackOfFounder(file));
    const last = this.#track(before.track);
    if (last.copies.size === 0) return last;
    return this.#free(file);
  }

  /** The first track without copies, searched from the own number of a file that is in no track. */
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

  /** The lowest track of these files into which a former program would have put `copy`. */
  #lowest(copy: FileState, candidates: readonly PossibleCopy[]): Track | undefined {
    const current = candidates.map(({ file, track }) => ({
      file,
      track: this.#placed.get(file)?.track ?? track,
    }));
    for (const { file, track: number } of current.sort((a, b) => a.track - b.track)) {
      const track = this.#track(number);
      if (!track.copies.has(file) || hasCopyOn(track, copy.origin)) continue;
      if (this.#isUnlike(copy, track)) continue;
      // A file that this program observed shares a track only after a comparison.
      if ([...track.copies.values()].every(isOfFormerProgram)) return track;
    }
    return undefined;
  }

  /** `copy` is a copy of the track, if one is already at hand. */
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

  /** Ends an event, or a part of it: determines and writes the primaries, and returns what changed. */
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

/** How tracks change while there is one origin, so that each file is its own track. */
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

/**
 * Whether a former program observed the file. To it, files of the same sound, or of the same path and size, were
 * copies; it wrote no version of its tag reader.
 */
function isOfFormerProgram({ reader }: FileState): boolean {
  return reader === 0;
}

function isSameVersion(before: FileState, after: FileState): boolean {
  return !before.removed && before.content === after.content;
}

function hasCopyOn({ copies }: Track, origin: string): boolean {
  for (const copy of copies.values()) if (copy.origin === origin) return true;
  return false;
}

/** Whether the bytes may differ, or their size and times. */
function differ(one: FileState, other: FileState): boolean {
  return one.file !== other.file || one.content !== other.content ||
    one.size !== other.size || one.mtime_s !== other.mtime_s || one.mtime_ns !== other.mtime_ns;
}
