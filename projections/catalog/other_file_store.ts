import type { DatabaseSync } from "node:sqlite";
import type { OtherFile } from "../../events/facts/files.ts";
import {
  type ContentVersion,
  type FileId,
  FIRST_OTHER_FILE_ID,
  toFileId,
  trackOfFounder,
} from "../../src/base/mod.ts";
import { Query, type Row } from "../core/query.ts";
import { FileState, joinPath, versionOf } from "./file_state.ts";

const FROM =
  `SELECT o.number, d.origin, d.path, o.name, o.size, o.mtime_s, o.mtime_ns, o.etag, o.ctime_s,
    o.ctime_ns, o.inode, o.mode, o.uid, o.gid, o.content
  FROM origin_directories d CROSS JOIN other_files o ON o.directory = d.id`;

/** Reads the files that are not music from the tables. */
export class OtherFileStore {
  readonly #byNumber: Query;
  readonly #inDirectory: Query;
  readonly #below: Query;
  readonly #subdirectories: Query;
  readonly #greatest: Query;

  constructor(db: DatabaseSync) {
    this.#byNumber = new Query(
      db,
      `${FROM.replace("CROSS JOIN", "JOIN")} WHERE o.number = ?`,
    );
    this.#inDirectory = new Query(db, `${FROM} WHERE d.origin = ? AND d.path = ?`);
    this.#below = new Query(
      db,
      `SELECT o.number, d.path, o.name FROM origin_directories d
        CROSS JOIN other_files o ON o.directory = d.id
        WHERE d.origin = ? AND d.path >= ? AND d.path < ?`,
    );
    this.#subdirectories = new Query(
      db,
      `SELECT below.path FROM origin_directories d
        CROSS JOIN origin_directories below ON below.parent = d.id
        WHERE d.origin = ? AND d.path = ?`,
    );
    this.#greatest = new Query(db, "SELECT greatest FROM other_numbers");
  }

  /** The state of such a file, in the form in which fetches ask for a file. It is not a track. */
  state(number: FileId): FileState | undefined {
    const row = this.#byNumber.get(number);
    return row && stateFromRow(row);
  }

  inDirectory(origin: string, directory: string): OtherFile[] {
    return this.#inDirectory.all(origin, directory).map((row) => {
      const state = stateFromRow(row);
      const { file, path, mode, uid, gid } = state;
      return {
        ...{ file, path, ...versionOf(state) },
        ...(mode !== null && { mode }),
        ...(uid !== null && { uid }),
        ...(gid !== null && { gid }),
      };
    });
  }

  below(origin: string, directory: string): Pick<OtherFile, "file" | "path">[] {
    const found = this.#below.all(
      ...directory === "" ? [origin, "", "\u{10ffff}"] : [origin, `${directory}/`, `${directory}0`],
    );
    const here = directory === "" ? [] : this.inDirectory(origin, directory);
    return [
      ...here,
      ...found.map(([file, path, name]) => (
        { file: toFileId(file as number), path: joinPath(path as string, name as string) }
      )),
    ];
  }

  /** Paths of the directories right below that have files, music or others, in them or deeper. */
  subdirectories(origin: string, directory: string): string[] {
    return this.#subdirectories.all(origin, directory).map(([path]) => path as string);
  }

  nextNumber(): FileId {
    const [greatest] = this.#greatest.get()!;
    return toFileId(Math.max(FIRST_OTHER_FILE_ID, (greatest as number) + 1));
  }
}

function stateFromRow(row: Row): FileState {
  const [file, origin, directory, name] = row as [FileId, string, string, string];
  const [size, mtime_s, mtime_ns, etag] = row.slice(4) as [number, number, number, string | null];
  const [ctime_s, ctime_ns, inode, mode, uid, gid, content] = row.slice(8) as [
    ...[number | null, number | null, number | null],
    ...[number | null, number | null, number | null, ContentVersion],
  ];
  return new FileState({
    ...{ file, track: trackOfFounder(file), origin, path: joinPath(directory, name) },
    ...{ size, mtime_s, mtime_ns, etag, ctime_s, ctime_ns, inode, mode, uid, gid, content },
    ...{ format: null, audio: null, audio_start: null, audio_end: null, tags: "{}" },
    ...{ properties: "{}", unreadable: null, unreadable_kind: null, unsettled: false, reader: 0 },
    removed: false,
  });
}
