import type { DatabaseSync } from "node:sqlite";
import { type FileId, toFileId, toTrackId, type TrackId } from "../../src/base/mod.ts";
import { Query, type Row } from "../core/query.ts";
import type { SourceDirectories } from "./_source_directories.ts";
import { type FileState, splitPath, VISIBLE } from "./file_state.ts";

/** When more files than this have the same sound, it is silence or the result of a false header, and proves nothing. */
export const SAME_SOUND_MAX = 64;

/** A visible file, with its track, of which a file of another origin may be a copy. */
export interface PossibleCopy {
  readonly file: FileId;
  readonly track: TrackId;
}

/** Finds the files in a directory of an origin. */
export const FILES_BY_PATH = "CREATE INDEX IF NOT EXISTS files_by_path ON files (directory, name)";

/** The indexes that {@link PossibleCopies} uses. A rebuild needs them once it comes to a second origin. */
export const MATCH_INDEXES: readonly string[] = [
  FILES_BY_PATH,
  "CREATE INDEX IF NOT EXISTS files_by_audio ON files (audio) WHERE audio IS NOT NULL",
];

export function indexMatches(db: DatabaseSync): void {
  for (const statement of MATCH_INDEXES) db.exec(statement);
}

export function areMatchesIndexed(db: DatabaseSync): boolean {
  const sql = "SELECT 1 FROM sqlite_schema WHERE name = 'files_by_path'";
  return new Query(db, sql).get() !== undefined;
}

/** Whether two files look like copies of one track. Only a comparison shows whether they are. */
export function matches(one: FileState, other: FileState): boolean {
  return one.path === other.path && one.size === other.size ||
    one.audio !== null && one.audio === other.audio;
}

/** Finds the files for which {@link matches} holds. */
export class PossibleCopies {
  readonly #directories: SourceDirectories;
  readonly #atPath: Query;
  readonly #ofSound: Query;

  constructor(db: DatabaseSync, directories: SourceDirectories) {
    this.#directories = directories;
    this.#atPath = new Query(
      db,
      `SELECT f.number, f.track FROM files f
        WHERE f.directory = ? AND f.name = ? AND f.size = ? AND ${VISIBLE}`,
    );
    this.#ofSound = new Query(
      db,
      `SELECT f.number, f.track, d.origin FROM files f
        CROSS JOIN source_directories d ON d.id = f.directory
        WHERE f.audio = ? AND ${VISIBLE} LIMIT ${SAME_SOUND_MAX + 1}`,
    );
  }

  /** Files on the other ones of these origins with the same path and size. */
  byPath({ origin, path, size }: FileState, origins: Iterable<string>): PossibleCopy[] {
    const [directory, name] = splitPath(path);
    const found: PossibleCopy[] = [];
    for (const other of origins) {
      const number = other === origin ? null : this.#directories.find(other, directory);
      if (number === null) continue;
      for (const row of this.#atPath.all(number, name, size)) found.push(fromRow(row));
    }
    return found;
  }

  /** Files on any other origin with the same sound; none when too many files have it. */
  bySound({ origin, audio }: FileState): PossibleCopy[] {
    if (audio === null) return [];
    const rows = this.#ofSound.all(audio);
    if (rows.length > SAME_SOUND_MAX) return [];
    return rows.filter(([, , other]) => other !== origin).map(fromRow);
  }
}

function fromRow(row: Row): PossibleCopy {
  return { file: toFileId(row[0] as number), track: toTrackId(row[1] as number) };
}
