import type { DatabaseSync } from "node:sqlite";
import { type ContentVersion, type FileId, sizedCoverOf } from "../../src/base/mod.ts";
import { VISIBLE } from "../catalog/file_state.ts";
import { isPinned } from "../catalog/pins.ts";
import { PreparedQueries } from "../core/prepared_queries.ts";
import { openLibraryFile, ORIGIN_TREE_FROM } from "../library_file.ts";
import { hasCovers } from "./cover_reader.ts";

/** Of a library whose layout knows none. */
const NO_OTHER_FILES = `CREATE TEMP TABLE other_files (number, directory, content);
  CREATE TEMP TABLE origin_directories (id, origin);`;

/** A file that the tree shows of a pinned track. */
export interface PinnedFile {
  readonly file: FileId;
  readonly origin: string;
  /** Bytes. */
  readonly size: number;
  readonly version: ContentVersion;
}

/**
 * What the library says of files of which something is stored, by their numbers. It has a connection of its own beside that
 * to the rows of the cache: one connection to both files takes ATTACH, which not every Deno allows (2.4 does not).
 */
export class LibrarySide {
  readonly #db: DatabaseSync;
  readonly #ask: PreparedQueries;

  private constructor(db: DatabaseSync) {
    this.#db = db;
    this.#ask = new PreparedQueries(db);
  }

  /** To be closed; undefined while there is no library. `schema` is the layout of its file. */
  static open(directory: string): { library: LibrarySide; schema: number } | undefined {
    const current = openLibraryFile(directory);
    if (current === undefined) return undefined;
    const { db, schema } = current;
    if (schema < ORIGIN_TREE_FROM) db.exec(NO_OTHER_FILES);
    if (!hasCovers(db)) db.exec("CREATE TEMP TABLE covers (node, version)");
    return { library: new LibrarySide(db), schema };
  }

  close(): void {
    this.#db.close();
  }

  /** The version that a file of music has now; undefined for one that is gone. */
  musicVersion(file: FileId): ContentVersion | undefined {
    const sql = "SELECT content FROM files WHERE number = ? AND removed = 0";
    return this.#ask.get(sql, file)?.[0] as ContentVersion | undefined;
  }

  /**
   * Whether a file, of music or not, has this version now; false for one that is gone. What was made of a cover has the
   * version of the cover.
   */
  isCurrent(file: FileId, version: ContentVersion): boolean {
    const made = sizedCoverOf(file);
    if (made !== undefined) {
      const sql = "SELECT 1 FROM covers WHERE node = ? AND version = ?";
      return this.#ask.get(sql, made.cover, version) !== undefined;
    }
    if (this.musicVersion(file) === version) return true;
    const sql = "SELECT content FROM other_files WHERE number = ?";
    return this.#ask.get(sql, file)?.[0] === version;
  }

  /** The origin of a file, of music or not, also of one that is gone; undefined when the library knows none. */
  originOf(file: FileId): string | undefined {
    for (
      const [files, directories] of [
        ["files", "source_directories"],
        ["other_files", "origin_directories"],
      ]
    ) {
      const row = this.#ask.get(
        `SELECT d.origin FROM ${files} f CROSS JOIN ${directories} d ON d.id = f.directory
          WHERE f.number = ?`,
        file,
      );
      if (row !== undefined) return row[0] as string;
    }
    return undefined;
  }

  /** Whether the track of a file is pinned. */
  isPinned(file: FileId): boolean {
    const sql = `SELECT ${isPinned("n.track")} FROM (
      SELECT coalesce((SELECT track FROM files WHERE number = ?), ?) AS track) n`;
    return this.#ask.get(sql, file, file)![0] === 1;
  }

  /** Files that the tree shows of pinned tracks, by their numbers. */
  pinnedFiles(): PinnedFile[] {
    return this.#ask.all(
      `SELECT f.number, d.origin, f.size, f.content FROM (
          SELECT DISTINCT g.track FROM pinned JOIN files g ON g.number = pinned.track
        ) n LEFT JOIN tracks t ON t.track = n.track
        CROSS JOIN files f ON f.number = coalesce(t.file, n.track) AND f.track = n.track
        CROSS JOIN source_directories d ON d.id = f.directory
        WHERE ${VISIBLE} ORDER BY f.number`,
    ).map(([file, origin, size, version]) => ({ file, origin, size, version } as PinnedFile));
  }
}
