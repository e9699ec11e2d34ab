import type { TrackId } from "../../src/base/mod.ts";
import type { Directories, Directory } from "./_directories.ts";
import type { NameContests } from "./_name_contests.ts";
import type { Spellings } from "./_spellings.ts";

/** Counts how the paths of tracks that come and go spell the directories that the tracks are in. */
export class PathSpellings {
  readonly #directories: Directories;
  readonly #spellings: Spellings;
  readonly #contests: NameContests;
  /** Directories that tracks entered or left, and that are spelled in several ways. */
  readonly #respelled = new Set<Directory>();

  constructor(directories: Directories, spellings: Spellings, contests: NameContests) {
    this.#directories = directories;
    this.#spellings = spellings;
    this.#contests = contests;
  }

  /** Counts the path of a track that comes. */
  add(track: TrackId, directory: Directory, path: string): void {
    for (const [at, spelling] of this.#levels(directory, path)) {
      if (!at.contested && spelling === at.name) continue;
      if (!at.contested) this.#begin(at);
      this.#spellings.add(at.id, spelling, track);
      this.#respelled.add(at);
    }
  }

  /** No longer counts the path of a track that goes. */
  remove(track: TrackId, directory: Directory, path: string): void {
    for (const [at, spelling] of this.#levels(directory, path)) {
      if (!at.contested) continue;
      this.#spellings.remove(at.id, spelling, track);
      this.#respelled.add(at);
    }
  }

  /** Counts the path of a track that stays in its directory and is spelled in another way. */
  change(track: TrackId, directory: Directory, from: string, to: string): void {
    this.remove(track, directory, from);
    // When spellings begin to be counted, the track itself is counted under its former spelling.
    const before = from.split("/");
    for (const [at, spelling, level] of this.#levels(directory, to)) {
      if (!at.contested) {
        if (spelling === at.name) continue;
        this.#begin(at);
        this.#spellings.remove(at.id, before[level]!, track);
      }
      this.#spellings.add(at.id, spelling, track);
      this.#respelled.add(at);
    }
  }

  /** Ends an event: yields each directory whose spellings changed, and the one that most of its tracks use. */
  *settle(): Iterable<{ directory: Directory; spelling: string }> {
    for (const directory of this.#respelled) {
      if (!this.#directories.exists(directory)) continue;
      const { spelling, isOnly } = this.#spellings.best(directory.id)!;
      if (isOnly) {
        this.#spellings.end(directory.id);
        directory.contested = false;
      }
      yield { directory, spelling };
    }
    this.#respelled.clear();
  }

  /** A directory and those above it, each with its name as a path spells it and with its depth. */
  *#levels(directory: Directory, path: string): Generator<[Directory, string, number]> {
    if (!this.#directories.folds) return;
    const names = path.split("/");
    for (let at = directory, level = names.length - 1; at.parent; at = at.parent, level--) {
      yield [at, names[level]!, level];
    }
  }

  /** Adds rows for a directory that all tracks spelled alike so far, including those that wait for a name. */
  #begin(directory: Directory): void {
    this.#spellings.begin(directory.id, directory.name);
    directory.contested = true;
    for (const track of this.#contests.namelessBelow(directory)) {
      this.#spellings.add(directory.id, directory.name, track);
    }
  }
}
