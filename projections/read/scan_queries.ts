import type { DatabaseSync } from "node:sqlite";
import type {
  FileOwnership,
  FileVersion,
  OtherFile,
  UnreadableKind,
} from "../../events/facts/files.ts";
import { type FileId, FIRST_FILE_ID, toFileId } from "../../src/base/mod.ts";
import { PreparedQueries } from "../core/prepared_queries.ts";
import type { Row } from "../core/query.ts";
import { detailsOf } from "../catalog/file_details.ts";
import {
  type FileState,
  type ObservedFacts,
  observedFacts,
  STATE_COLUMNS,
  stateFromRow,
} from "../catalog/file_state.ts";
import { SAME_SOUND_MAX } from "../catalog/possible_copies.ts";
import type { OtherFileStore } from "../catalog/other_file_store.ts";

/** The facts of a file that a rescan compares. A fact that is not known is absent. */
export interface KnownFile extends FileVersion, FileOwnership {
  readonly file: FileId;
  /** The last segment of the path. */
  readonly name: string;
  /** Why the file is no track; undefined for a track. */
  readonly unreadable: UnreadableKind | undefined;
  /** Whether the file's times were too young to tell it from bytes written later. */
  readonly unsettled: boolean;
}

/**
 * A file that is to be read again. `encoding` is that of its text when the encoding is the reason; null when the
 * version of the tag reader is.
 */
export interface Misread {
  readonly state: FileState;
  readonly encoding: string | null;
}

/** How many files are to be read again, as far as they were counted. */
export interface MisreadCount {
  readonly files: number;
  readonly complete: boolean;
  /** Of the last file of another encoding that was looked at: its encoding and its number; "" and 0 before the first. */
  readonly encoding: string;
  readonly file: number;
}

/**
 * What a scan asks: the files that it compares with what it finds, those that may have moved, those that are to be read
 * again, and the next free numbers. It changes nothing.
 */
export class ScanQueries {
  readonly #ask: PreparedQueries;
  readonly #others: () => OtherFileStore;

  /** `others` is called only for questions about files that are not music: an older layout has no tables of them. */
  constructor(db: DatabaseSync, others: () => OtherFileStore) {
    this.#ask = new PreparedQueries(db);
    this.#others = others;
  }

  /** Files directly in a directory of an origin ("" is its root), without removed ones. */
  knownInDirectory(origin: string, directory: string): KnownFile[] {
    return this.#ask.all(
      `SELECT f.number, f.name, f.size, f.mtime_s, f.mtime_ns, f.unsettled, f.unreadable_kind,
          f.ctime_s, f.ctime_ns, f.inode, f.mode, f.uid, f.gid, f.etag
        FROM source_directories d JOIN files f ON f.directory = d.id
        WHERE d.origin = ? AND d.path = ? AND f.removed = 0`,
      ...[origin, directory],
    ).map(knownFile);
  }

  /** Readable files that were last seen in a directory of an origin: the removed ones, or with `live` all. */
  formerlyInDirectory(origin: string, directory: string, live: boolean): FileState[] {
    return this.#ask.all(
      `SELECT ${STATE_COLUMNS} FROM source_directories d JOIN files f ON f.directory = d.id
        WHERE d.origin = ? AND d.path = ? AND f.removed >= ?
          AND f.unreadable IS NULL AND f.format IS NOT NULL AND f.unsettled = 0
        ORDER BY f.removed, f.content DESC`,
      ...[origin, directory, live ? 0 : 1],
    ).map(stateFromRow);
  }

  /**
   * Paths of the directories of an origin, at any depth below a directory, that hold files; removed files do not count.
   */
  directoriesBelow(origin: string, directory: string): string[] {
    const [from, to] = directory === "" ? ["", "\u{10ffff}"] : [`${directory}/`, `${directory}0`];
    return this.#ask.all(
      `SELECT d.path FROM source_directories d WHERE d.origin = ? AND d.path > ? AND d.path < ?
        AND EXISTS (SELECT 1 FROM files f WHERE f.directory = d.id AND f.removed = 0)
        ORDER BY d.path`,
      ...[origin, from, to],
    ).map(([path]) => path as string);
  }

  /** Files with this sound, including removed ones, ascending; none when so many have it that it proves nothing. */
  filesWithAudio(audio: string): FileState[] {
    const rows = this.#ask.all(
      `SELECT ${STATE_COLUMNS} FROM files f CROSS JOIN source_directories d ON d.id = f.directory
        WHERE f.audio = ? LIMIT ${SAME_SOUND_MAX + 1}`,
      audio,
    );
    if (rows.length > SAME_SOUND_MAX) return [];
    return rows.map(stateFromRow).sort((a, b) => a.file - b.file);
  }

  /** Files directly in a directory of an origin that are not music. */
  othersInDirectory(origin: string, directory: string): OtherFile[] {
    return this.#others().inDirectory(origin, directory);
  }

  /** The same, at any depth below it. */
  othersBelow(origin: string, directory: string): Pick<OtherFile, "file" | "path">[] {
    return this.#others().below(origin, directory);
  }

  /** Paths of the directories right below a directory of an origin that have files, music or not, in them or deeper. */
  subdirectories(origin: string, directory: string): string[] {
    return this.#others().subdirectories(origin, directory);
  }

  /** A number above every one that was ever given to a file that is not music. */
  nextOtherNumber(): FileId {
    return this.#others().nextNumber();
  }

  /** Whether the origin ever had a file, including removed ones. */
  hasFiles(origin: string): boolean {
    const sql = "SELECT 1 FROM source_directories WHERE origin = ? LIMIT 1";
    return this.#ask.get(sql, origin) !== undefined;
  }

  /** The facts of the observation of a file besides its number, place and version. */
  factsOf(state: FileState): ObservedFacts {
    const details = detailsOf(this.#ask, state.file);
    return { ...observedFacts(state), ...(Object.keys(details).length > 0 && { details }) };
  }

  /** A number above every one that was ever given to a music file, so that no number is given twice. */
  nextFileNumber(): FileId {
    const greatest = this.#ask.get("SELECT max(number) AS greatest FROM files")![0] as
      | number
      | null;
    return toFileId(Math.max(FIRST_FILE_ID, (greatest ?? 0) + 1));
  }

  nextScanNumber(): number {
    return this.#ask.get("SELECT last FROM scans")![0] as number + 1;
  }

  /**
   * Files of an origin that an older tag reader read, then those whose text was read in another encoding, after
   * `after`, at most `limit`. The former are sorted by reader, the latter by encoding. Files that could not be read at
   * all are left out of the former: scans try them again.
   */
  misread(
    origin: string,
    { reader, encoding, after, limit }: {
      readonly reader: number;
      readonly encoding: string;
      readonly after?: Misread;
      readonly limit: number;
    },
  ): Misread[] {
    const first = after?.encoding === undefined || after.encoding === null
      ? this.#ask.all(
        `SELECT ${STATE_COLUMNS} FROM files f INDEXED BY files_by_reader
          JOIN source_directories d ON d.id = f.directory
          WHERE f.removed = 0 AND f.reader < ? AND (f.reader, f.number) > (?, ?) AND d.origin = ?
            AND (f.unreadable IS NULL OR f.unreadable_kind = 'format')
          ORDER BY f.reader, f.number LIMIT ?`,
        ...[reader, after?.state.reader ?? -1, after?.state.file ?? 0, origin, limit],
      )
      : [];
    const found = first.map((row): Misread => ({ state: stateFromRow(row), encoding: null }));
    if (found.length === limit) return found;
    const second = this.#ask.all(
      `SELECT ${STATE_COLUMNS}, e.encoding FROM file_details e INDEXED BY file_details_guessed
        JOIN files f ON f.number = e.file JOIN source_directories d ON d.id = f.directory
        WHERE e.encoding IS NOT NULL AND e.encoding <> ? AND (e.encoding, e.file) > (?, ?) AND d.origin = ?
          AND f.removed = 0 AND f.reader >= ?
        ORDER BY e.encoding, e.file LIMIT ?`,
      ...[encoding, after?.encoding ?? "", after?.encoding ? after.state.file : 0, origin, reader],
      limit - found.length,
    );
    return [
      ...found,
      ...second.map((row) => ({ state: stateFromRow(row), encoding: row.at(-1) as string })),
    ];
  }

  /**
   * Counts the files that {@link misread} has, over all origins. Those of another encoding have to be looked at one by
   * one, so at most `limit` are: until a count is `complete`, the next one goes on `after` it.
   */
  misreadCount(
    { reader, encoding, after, limit }: {
      readonly reader: number;
      readonly encoding: string;
      readonly after?: MisreadCount | undefined;
      readonly limit: number;
    },
  ): MisreadCount {
    const files = after?.files ?? this.#olderCount(reader);
    const rows = this.#ask.all(
      `SELECT e.encoding, e.file, f.removed = 0 AND f.reader >= ? AS counts
        FROM file_details e INDEXED BY file_details_guessed CROSS JOIN files f ON f.number = e.file
        WHERE e.encoding IS NOT NULL AND e.encoding <> ? AND (e.encoding, e.file) > (?, ?)
        ORDER BY e.encoding, e.file LIMIT ?`,
      ...[reader, encoding, after?.encoding ?? "", after?.file ?? 0, limit],
    ) as [string, number, number][];
    const [last, file] = rows.at(-1) ?? [after?.encoding ?? "", after?.file ?? 0];
    return {
      files: files + rows.filter(([, , counts]) => counts === 1).length,
      complete: rows.length < limit,
      ...{ encoding: last, file },
    };
  }

  /** Files of an older tag reader, without those that scans try again. There are few of the latter. */
  #olderCount(reader: number): number {
    const [all] = this.#ask.get(
      "SELECT count(*) FROM files INDEXED BY files_by_reader WHERE removed = 0 AND reader < ?",
      reader,
    )!;
    const [unread] = this.#ask.get(
      `SELECT count(*) FROM files INDEXED BY files_unreadable
        WHERE unreadable IS NOT NULL AND removed = 0 AND reader < ? AND unreadable_kind IS NOT 'format'`,
      reader,
    )!;
    return (all as number) - (unread as number);
  }
}

/** A row as facts: one by one, since every scan passes each of a million files here, and spreads take ten times as long. */
function knownFile(row: Row): KnownFile {
  const known: { -readonly [K in keyof KnownFile]: KnownFile[K] } = {
    file: row[0] as FileId,
    name: row[1] as string,
    size: row[2] as number,
    mtime_s: row[3] as number,
    mtime_ns: row[4] as number,
    unsettled: row[5] !== 0,
    unreadable: (row[6] as UnreadableKind | null) ?? undefined,
  };
  if (row[7] !== null && row[8] !== null) {
    known.ctime_s = row[7] as number;
    known.ctime_ns = row[8] as number;
  }
  if (row[9] !== null) known.inode = row[9] as number;
  if (row[10] !== null) known.mode = row[10] as number;
  if (row[11] !== null) known.uid = row[11] as number;
  if (row[12] !== null) known.gid = row[12] as number;
  if (row[13] !== null) known.etag = row[13] as string;
  return known;
}
