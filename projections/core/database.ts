/**
 * The file that holds the projections of one log: one SQLite database, `<name>-<n>.sqlite`, named by the pointer file
 * `CURRENT` beside it. A rebuild writes a new file, and then renames a new pointer over the old one. Everything in this
 * directory may be deleted: it is rebuilt from the log.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import type { Seq } from "../../src/base/mod.ts";
import { Query } from "./query.ts";
import type { SourceLog } from "./_fold_run.ts";
import { type Projections, projectionsOf, versionsOf } from "./projection_set.ts";

const POINTER = "CURRENT";
/** Page cache of the writing process, in KiB: in a large library the indexes are written all over. */
const WRITER_CACHE_KIB = 64 * 1024;
/** Page cache of a reading process, in KiB: its memory must not grow with the library. */
const READER_CACHE_KIB = 4 * 1024;
/** How long one process waits for a lock of the other, in ms. Each holds a lock for a few ms. */
const BUSY_MS = 5_000;
/** How often a reader tries again when the file was replaced while it opened it. */
const SWITCHES_MAX = 5;

/** How the database files of one kind of log are named, and which layouts of them can be read. */
export interface DatabaseKind {
  /** Files are called `<name>-<n>.sqlite`; no two kinds share a directory. */
  readonly name: string;
  /** Layout of the tables. */
  readonly schema: number;
  /** The oldest layout that readers can use too, until there is a file of this layout. */
  readonly readableFrom: number;
}

/** The facts that a file holds about itself. */
export interface DatabaseHead {
  readonly schema: number;
  readonly logId: string;
  /**
   * Position of the last event that is folded in, and when it was appended (ms since 1970); both 0 when there is none.
   */
  readonly checkpoint: Seq;
  readonly checkpointAt: number;
  /** Version of each projection, as JSON. */
  readonly versions: string;
}

/** Name of the serving file; undefined when there is none. */
export function currentFile(directory: string, kind: DatabaseKind): string | undefined {
  try {
    const name = Deno.readTextFileSync(`${directory}/${POINTER}`).trim();
    return numberOf(name, kind) === undefined ? undefined : name;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** True as well when a file has taken the place of the directory. */
function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

/** Makes `name` the serving file. The change is durable when this returns. */
export function switchTo(directory: string, name: string): void {
  const pointer = `${directory}/${POINTER}`;
  const next = Deno.openSync(`${pointer}.next`, { write: true, create: true, truncate: true });
  try {
    next.writeSync(new TextEncoder().encode(`${name}\n`));
    next.syncSync();
  } finally {
    next.close();
  }
  Deno.renameSync(`${pointer}.next`, pointer);
  using names = Deno.openSync(directory);
  names.syncSync();
}

/** Removes the pointer, so that no file serves any more. */
export function switchOff(directory: string): void {
  removeIfThere(`${directory}/${POINTER}`);
}

/** A new name, which no file of the directory has. */
export function nextFile(directory: string, kind: DatabaseKind): string {
  const numbers = [...Deno.readDirSync(directory)].map((entry) => numberOf(entry.name, kind) ?? 0);
  return `${kind.name}-${Math.max(0, ...numbers) + 1}.sqlite`;
}

/** Deletes every file of the kind but `keep`. A reader that has one open can go on reading it. */
export function removeOthers(directory: string, kind: DatabaseKind, keep: string): void {
  for (const { name } of [...Deno.readDirSync(directory)]) {
    const database = name.replace(/-(?:wal|shm|journal)$/, "");
    if (database === keep || numberOf(database, kind) === undefined) continue;
    removeIfThere(`${directory}/${name}`);
  }
}

/** The `n` of `<name>-<n>.sqlite`; undefined for any other name. */
function numberOf(file: string, { name }: DatabaseKind): number | undefined {
  const [before, number] = [file.slice(0, name.length + 1), file.slice(name.length + 1, -7)];
  const isOurs = before === `${name}-` && file.endsWith(".sqlite") && /^\d+$/.test(number);
  return isOurs ? Number(number) : undefined;
}

export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Creates a file with empty projections. While the file is filled it has no journal and is never synced: after a crash
 * it is a file to which nothing points. {@link seal} makes it ready to serve.
 */
export function createDatabase(path: string, logId: string, set: Projections): DatabaseSync {
  const db = new DatabaseSync(path);
  try {
    initDatabase(db, logId, set);
    return db;
  } catch (error) {
    db.close();
    removeDatabase(path);
    throw error;
  }
}

function initDatabase(db: DatabaseSync, logId: string, set: Projections): void {
  db.exec(`
    PRAGMA page_size = 8192;
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA cache_size = -${WRITER_CACHE_KIB};
  `);
  createTables(db, logId, set);
}

/** Creates the tables of a set as they are before the first event. */
export function createTables(db: DatabaseSync, logId: string, set: Projections): void {
  db.exec(`
    CREATE TABLE library (
      schema INTEGER NOT NULL,
      log_id TEXT NOT NULL,
      checkpoint INTEGER NOT NULL,
      checkpoint_at INTEGER NOT NULL,
      versions TEXT NOT NULL
    );
  `);
  db.prepare("INSERT INTO library VALUES (?, ?, 0, 0, ?)").run(set.schema, logId, versionsOf(set));
  for (const projection of projectionsOf(set)) projection.init(db);
}

/** Deletes a file that does not serve, and the files that SQLite may have put beside it. */
export function removeDatabase(path: string): void {
  for (const suffix of ["", "-journal", "-wal", "-shm"]) removeIfThere(path + suffix);
}

/** Whether readers of a kind can use a file of this layout. */
export function canRead({ schema, readableFrom }: DatabaseKind, layout: number): boolean {
  return layout >= readableFrom && layout <= schema;
}

/** The reason why a file can't have been made from the log; undefined when it can. */
export function problemWith(head: DatabaseHead, log: SourceLog): string | undefined {
  if (head.logId !== log.id) return "it was made from another log";
  if (head.checkpoint > log.lastSeq()) return "it is ahead of the log";
  // In a compacted log the event may be gone: then the id of the log has to suffice.
  const [event] = log.read({ from: head.checkpoint, to: head.checkpoint });
  const isAnother = event !== undefined && event.seq === head.checkpoint &&
    event.at !== head.checkpointAt;
  return isAnother ? "it was made from another log" : undefined;
}

/**
 * Opens a file that is being filled. It survives a crash of the process at any moment, but not a power cut, until
 * {@link seal} has synced it.
 */
export function openFilling(path: string): DatabaseSync {
  return opened(
    path,
    `PRAGMA main.locking_mode = EXCLUSIVE;
     PRAGMA main.journal_mode = TRUNCATE;
     PRAGMA main.synchronous = OFF;
     PRAGMA main.cache_size = -${WRITER_CACHE_KIB};
     PRAGMA mmap_size = 0;`,
    // A full text index is copied by its tables, which a defensive connection lets nobody write.
    { defensive: false },
  );
}

/** Closes a file that was created and filled. Resolves once its bytes are on the disk. */
export async function seal(db: DatabaseSync, path: string): Promise<void> {
  db.exec("PRAGMA main.locking_mode = NORMAL; PRAGMA main.journal_mode = WAL;");
  db.close();
  using file = await Deno.open(path, { write: true });
  await file.sync();
}

/**
 * Opens a sealed file for the one process that writes it. SQLite keeps the journal of a statement in memory until the
 * statement ends: in a file that took six writes for each new music file. Nothing that grows with the library is sorted
 * on this connection, since sorting would use memory too.
 */
export function openWriter(path: string): DatabaseSync {
  return opened(
    path,
    `
    PRAGMA busy_timeout = ${BUSY_MS};
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA journal_size_limit = ${64 * 1024 * 1024};
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -${WRITER_CACHE_KIB};
    PRAGMA mmap_size = 0;
  `,
  );
}

/** Opens a sealed file for reading, while another process may write it. */
export function openReader(path: string): DatabaseSync {
  return opened(
    path,
    `PRAGMA busy_timeout = ${BUSY_MS};
     PRAGMA cache_size = -${READER_CACHE_KIB};
     PRAGMA mmap_size = 0;`,
    { readOnly: true },
  );
}

function opened(
  path: string,
  pragmas: string,
  options: { readOnly?: boolean; defensive?: boolean } = {},
): DatabaseSync {
  Deno.statSync(path);
  const db = new DatabaseSync(path, options);
  try {
    db.exec(pragmas);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A file that is open for reading. */
export interface OpenDatabase {
  readonly name: string;
  /** Distinguishes the file from another one of the same name. */
  readonly inode: number | null;
  readonly db: DatabaseSync;
  /** The layout of its tables. */
  readonly schema: number;
}

/** Opens the serving file for reading; undefined when there is none that this program can read. */
export function openCurrent(directory: string, kind: DatabaseKind): OpenDatabase | undefined {
  for (let tries = 0; tries < SWITCHES_MAX; tries++) {
    const name = currentFile(directory, kind);
    if (name === undefined) return undefined;
    try {
      const inode = inodeOf(`${directory}/${name}`);
      const db = openReader(`${directory}/${name}`);
      const schema = headOf(db)?.schema;
      if (schema !== undefined && canRead(kind, schema)) return { name, inode, db, schema };
      db.close();
      return undefined;
    } catch (error) {
      if (currentFile(directory, kind) === name && !(error instanceof Deno.errors.NotFound)) {
        return undefined;
      }
    }
  }
  return undefined;
}

/** The inode number of a file, null when the file is missing. */
export function inodeOf(path: string): number | null {
  try {
    return Deno.statSync(path).ino;
  } catch {
    return null;
  }
}

/** The head of a file; undefined when it has none, or is no database. */
export function headOf(db: DatabaseSync): DatabaseHead | undefined {
  try {
    const row = new Query(
      db,
      "SELECT schema, log_id, checkpoint, checkpoint_at, versions FROM library",
    ).get();
    if (row === undefined) return undefined;
    const [schema, logId, checkpoint, checkpointAt, versions] = row as [
      ...[number, string, Seq, number, string],
    ];
    return { schema, logId, checkpoint, checkpointAt, versions };
  } catch {
    return undefined;
  }
}

/** Whether SQLite finds a file sound. Reads the whole file from the disk: seconds for a million tracks. */
export function isSound(path: string): boolean {
  let db: DatabaseSync | undefined;
  try {
    db = openReader(path); // A new connection: others may have sound pages in memory of a file that is damaged.
    return new Query(db, "PRAGMA quick_check(1)").get()?.[0] === "ok";
  } catch {
    return false;
  } finally {
    db?.close();
  }
}
