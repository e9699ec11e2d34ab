/**
 * The file that holds every projection the mount reads: one SQLite database, `library-<n>.sqlite`, named by the
 * pointer file `CURRENT` beside it. A rebuild goes to a new file; renaming a new pointer over the old one is the
 * switch. Everything in this directory may be deleted: the log brings it back.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { Query } from "./_query.ts";
import { PROJECTIONS } from "./_projections.ts";

/** Layout of the tables. A reader can't use another one: it has to wait until a rebuild is done. */
export const SCHEMA = 11;

const POINTER = "CURRENT";
const LIBRARY_FILE = /^library-(\d+)\.sqlite$/;
/** Page cache of the process that writes, in KiB: the indexes of a large library are written all over. */
const WRITER_CACHE_KIB = 64 * 1024;
/** Page cache of the process that answers, in KiB: its memory may not grow with the library. */
const READER_CACHE_KIB = 4 * 1024;
/** How long one process waits for a lock of the other, in ms; each holds them for a few. */
const BUSY_MS = 5_000;
/** Times a reader looks again when the file was replaced while it was being opened. */
const SWITCHES_MAX = 5;

/** What a file says about itself. */
export interface LibraryHead {
  readonly schema: number;
  readonly logId: string;
  /** Position of the last event that is folded in, and when it was appended; 0 when there is none. */
  readonly checkpoint: number;
  readonly checkpointAt: number;
  /** Version of each projection, as JSON. */
  readonly versions: string;
}

/** Name of the file that serves, undefined when there is none. */
export function currentFile(directory: string): string | undefined {
  try {
    const name = Deno.readTextFileSync(`${directory}/${POINTER}`).trim();
    return LIBRARY_FILE.test(name) ? name : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Makes `name` the file that serves; durable before it returns. */
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

/** No file serves any more. */
export function switchOff(directory: string): void {
  removeIfThere(`${directory}/${POINTER}`);
}

/** A name that no file of the directory has. */
export function nextFile(directory: string): string {
  const numbers = [...Deno.readDirSync(directory)].map((entry) => LIBRARY_FILE.exec(entry.name))
    .map((match) => match ? Number(match[1]) : 0);
  return `library-${Math.max(0, ...numbers) + 1}.sqlite`;
}

/** Deletes every library file but `keep`. Who still reads one keeps reading it. */
export function removeOthers(directory: string, keep: string): void {
  for (const { name } of [...Deno.readDirSync(directory)]) {
    const library = name.replace(/-(?:wal|shm|journal)$/, "");
    if (LIBRARY_FILE.test(library) && library !== keep) removeIfThere(`${directory}/${name}`);
  }
}

export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Creates a file with empty projections. While it is being filled it has no journal and is never synced: a crash
 * leaves a file that nothing points to. {@link seal} makes it one that can serve.
 */
export function createLibrary(path: string, logId: string): DatabaseSync {
  const db = new DatabaseSync(path);
  try {
    initLibrary(db, logId);
    return db;
  } catch (error) {
    db.close();
    removeLibrary(path);
    throw error;
  }
}

function initLibrary(db: DatabaseSync, logId: string): void {
  db.exec(`
    PRAGMA page_size = 8192;
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA cache_size = -${WRITER_CACHE_KIB};
    CREATE TABLE library (
      schema INTEGER NOT NULL,
      log_id TEXT NOT NULL,
      checkpoint INTEGER NOT NULL,
      checkpoint_at INTEGER NOT NULL,
      versions TEXT NOT NULL
    );
  `);
  db.prepare("INSERT INTO library VALUES (?, ?, 0, 0, ?)").run(SCHEMA, logId, currentVersions());
  for (const projection of PROJECTIONS) projection.init(db);
}

/** Deletes a file that does not serve, with what SQLite may have put beside it. */
export function removeLibrary(path: string): void {
  for (const suffix of ["", "-journal", "-wal", "-shm"]) removeIfThere(path + suffix);
}

/** Versions of the projections of this program, as {@link LibraryHead} has them. */
export function currentVersions(): string {
  return JSON.stringify(
    Object.fromEntries(PROJECTIONS.map(({ name, version }) => [name, version])),
  );
}

/** Closes a file that was created and filled, so that its bytes are on the disk. */
export function seal(db: DatabaseSync, path: string): void {
  db.exec("PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL;");
  db.close();
  const file = Deno.openSync(path, { write: true });
  try {
    file.syncSync();
  } finally {
    file.close();
  }
}

/** Opens a sealed file for the one process that writes it. */
export function openWriter(path: string): DatabaseSync {
  return opened(
    path,
    `
    PRAGMA busy_timeout = ${BUSY_MS};
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA journal_size_limit = ${64 * 1024 * 1024};
    PRAGMA cache_size = -${WRITER_CACHE_KIB};
    PRAGMA mmap_size = 0;
  `,
  );
}

/** Opens a sealed file to read it, beside whoever writes it. */
export function openReader(path: string): DatabaseSync {
  return opened(
    path,
    `PRAGMA busy_timeout = ${BUSY_MS};
     PRAGMA cache_size = -${READER_CACHE_KIB};
     PRAGMA mmap_size = 0;`,
    { readOnly: true },
  );
}

function opened(path: string, pragmas: string, options: { readOnly?: boolean } = {}): DatabaseSync {
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

/** A library that is being read. */
export interface OpenLibrary {
  readonly name: string;
  /** Tells the file from another of the same name. */
  readonly inode: number | null;
  readonly db: DatabaseSync;
}

/** Opens the file that serves, to read it; undefined when there is none that this program can read. */
export function openCurrent(directory: string): OpenLibrary | undefined {
  for (let tries = 0; tries < SWITCHES_MAX; tries++) {
    const name = currentFile(directory);
    if (name === undefined) return undefined;
    try {
      const inode = inodeOf(`${directory}/${name}`);
      const db = openReader(`${directory}/${name}`);
      if (headOf(db)?.schema === SCHEMA) return { name, inode, db };
      db.close();
      return undefined;
    } catch (error) {
      if (currentFile(directory) === name && !(error instanceof Deno.errors.NotFound)) {
        return undefined;
      }
    }
  }
  return undefined;
}

/** Number of a file on its disk, null when it isn't there. */
export function inodeOf(path: string): number | null {
  try {
    return Deno.statSync(path).ino;
  } catch {
    return null;
  }
}

/** The head; undefined when the file has none, or is no database. */
export function headOf(db: DatabaseSync): LibraryHead | undefined {
  try {
    const row = new Query(
      db,
      "SELECT schema, log_id, checkpoint, checkpoint_at, versions FROM library",
    ).get();
    if (row === undefined) return undefined;
    const [schema, logId, checkpoint, checkpointAt, versions] = row as [
      ...[number, string, number, number, string],
    ];
    return { schema, logId, checkpoint, checkpointAt, versions };
  } catch {
    return undefined;
  }
}

/** Whether SQLite finds a file sound. Reads all of it from the disk: seconds for a million tracks. */
export function isSound(path: string): boolean {
  let db: DatabaseSync | undefined;
  try {
    db = openReader(path); // A connection of its own: others may hold sound pages of a file that is not.
    return new Query(db, "PRAGMA quick_check(1)").get()?.[0] === "ok";
  } catch {
    return false;
  } finally {
    db?.close();
  }
}
