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
import type { DatabaseSync } from "node:sqlite";
import { type FileId, toTrackId, trackOfFounder } from "../../src/base/mod.ts";
import type { CopiesCompared, CopyComparison } from "../../events/facts/files.ts";
import { Comparisons, initComparisons } from "./_comparisons.ts";
import { indexMatches, matches, PossibleCopies, type PossibleCopy } from "./possible_copies.ts";
import { Priorities } from "./priorities.ts";
import { Query } from "../core/query.ts";
import type { SourceDirectories } from "./_source_directories.ts";
import { eachAlone, lowest, TouchedTracks, type Track } from "./_touched_tracks.ts";
import type { FileState, FileTransition } from "./file_state.ts";
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

/** The tracks while events are folded. */
export class Tracks {
  readonly #db: DatabaseSync;
  readonly #shared: Query;
  readonly #possible: PossibleCopies;
  readonly #comparisons: Comparisons;
  readonly #priorities: Priorities;
  readonly #tracks: TouchedTracks;

  constructor(db: DatabaseSync, store: FileStore, directories: SourceDirectories) {
    this.#db = db;
    this.#possible = new PossibleCopies(db, directories);
    this.#comparisons = new Comparisons(db);
    this.#shared = new Query(
      db,
      `SELECT track FROM tracks WHERE track > ? AND others > 0 ORDER BY track LIMIT ${PART_TRACKS}`,
    );
    const origins = new Query(db, "SELECT id, priority FROM origins").all();
    this.#priorities = new Priorities(origins as [string, number][]);
    this.#tracks = new TouchedTracks(db, store, this.#priorities);
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
      for (const number of numbers) this.#tracks.get(number);
      yield { files: [], tracks: this.#tracks.settle() };
      after = numbers.at(-1)!;
    }
  }

  /** How tracks change when files change. Each file is named once, and is not written yet. */
  follow(transitions: readonly FileTransition[]): Changes {
    if (this.#priorities.size < 2) return { files: transitions, tracks: eachAlone(transitions) };
    const changing = new Set(transitions.map(({ after }) => after.file));
    for (const transition of transitions) this.#leave(transition);
    for (const transition of transitions) {
      if (transition.after.visible) this.#join(transition);
      this.#markWhoMayHaveCopies(transition, changing);
    }
    const files = transitions.map(({ before, after }) => {
      return { before, after: this.#tracks.taken(after) };
    });
    this.#tracks.move();
    return { files, tracks: this.#tracks.settle() };
  }

  /** How tracks change when copies were compared. */
  compared({ comparisons, done }: CopiesCompared["data"]): Changes {
    for (const comparison of comparisons) this.#compared(comparison);
    for (const { file, version } of done) {
      if (this.#tracks.current(file)?.content === version) this.#comparisons.unmark(file);
    }
    this.#tracks.move();
    return { files: [], tracks: this.#tracks.settle() };
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
    const track = this.#tracks.get(before.track, before);
    track.copies.delete(before.file);
    if (!after.visible) return;
    const others = [...track.copies.values()];
    const isLike = () =>
      isOfFormerProgram(after)
        ? !this.#isUnlike(after, track) &&
          (others.some((other) => matches(other, after)) || this.#isProven(after, others))
        : isSameVersion(before, after);
    const stays = others.length === 0 || !hasCopyOn(track, after.origin) && isLike();
    if (stays) this.#tracks.place(after, track);
  }

  #join({ before, after }: FileTransition): void {
    const track = this.#tracks.touched(after.track);
    const stayed = track?.copies.has(after.file) ? track : undefined;
    if (isOfFormerProgram(after)) this.#joinByLooks(before, after, stayed);
    else if (stayed === undefined) {
      const own = before?.visible && before.track === trackOfFounder(after.file)
        ? track
        : undefined;
      if (own === undefined) this.#tracks.place(after, this.#tracks.found(before, after.file));
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
    if (stayed === undefined) {
      this.#tracks.place(after, match ?? this.#tracks.found(before, after.file));
    } else if (match !== undefined) this.#tracks.merge(stayed, match);
  }

  /**
   * The file that founded a track has another version and keeps the number; the other copies continue under another
   * number.
   */
  #keepAlone(founder: FileState, track: Track): void {
    const others = [...track.copies.values()];
    track.copies.clear();
    this.#tracks.place(founder, track);
    if (others.length === 0) return;
    const next = this.#tracks.free(lowest(others.map(({ file }) => file)));
    for (const copy of others) this.#tracks.place(copy, next);
  }

  #markWhoMayHaveCopies(
    { before, after }: FileTransition,
    changing: ReadonlySet<FileId>,
  ): void {
    if (!after.visible) {
      this.#comparisons.unmark(after.file);
      // A copy on this origin that was one too many may now join.
      const left = before?.visible ? this.#tracks.get(before.track).copies.values() : [];
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
    const one = this.#tracks.current(comparison.file);
    const other = this.#tracks.current(comparison.other);
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
    const first = this.#tracks.get(one);
    const second = this.#tracks.get(other);
    for (const copy of first.copies.values()) {
      for (const { file, origin } of second.copies.values()) {
        if (copy.origin === origin) return;
        const alike = this.#comparisons.of(copy.file, file);
        if (alike === undefined || alike === "nothing") return;
      }
    }
    this.#tracks.merge(first, second);
  }

  #separate(one: FileState, other: FileState): void {
    const track = this.#tracks.get(one.track);
    const founder = [one, other].find(({ file }) => trackOfFounder(file) === track.number);
    const [stays = one] = founder ? [founder] : this.#priorities.sorted([one, other]);
    const leaves = stays === one ? other : one;
    track.copies.delete(leaves.file);
    this.#tracks.place(leaves, this.#tracks.found(leaves, leaves.file));
    this.#reunite(leaves.file);
  }

  /** Unites a file with files that were found to be like it and that are in other tracks. */
  #reunite(file: FileId): void {
    for (const partner of this.#comparisons.partners(file)) {
      const other = this.#tracks.current(partner);
      if (other?.visible) this.#unite(this.#tracks.current(file)!, other);
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

  #match(file: FileState): Track | undefined {
    return this.#lowest(file, this.#possible.byPath(file, this.#priorities.origins())) ??
      this.#lowest(file, this.#possible.bySound(file));
  }

  /** The lowest track of these files into which a former program would have put `copy`. */
  #lowest(copy: FileState, candidates: readonly PossibleCopy[]): Track | undefined {
    const current = candidates.map(({ file, track }) => ({
      file,
      track: this.#tracks.placedIn(file) ?? track,
    }));
    for (const { file, track: number } of current.sort((a, b) => a.track - b.track)) {
      const track = this.#tracks.get(number);
      if (!track.copies.has(file) || hasCopyOn(track, copy.origin)) continue;
      if (this.#isUnlike(copy, track)) continue;
      // A file that this program observed shares a track only after a comparison.
      if ([...track.copies.values()].every(isOfFormerProgram)) return track;
    }
    return undefined;
  }
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
