import type { DatabaseSync } from "node:sqlite";
import { EXIT, type Seq, UserError } from "../../src/base/mod.ts";
import { Build, type BuildOptions } from "./_build.ts";
import { breathe, type SourceLog } from "./_fold_run.ts";
import { Query, type Row } from "./query.ts";
import {
  createDatabase,
  type DatabaseHead,
  headOf,
  openCurrent,
  removeIfThere,
} from "./database.ts";
import type { ProjectionTable } from "./projection.ts";
import { filling, type Projections, projectionsOf, staleIn } from "./projection_set.ts";

export interface Verified {
  readonly identical: boolean;
  /** The position up to which both were folded. */
  readonly events: Seq;
  /** Table, key and both values of the first row that differs, as one line; null when identical. */
  readonly difference: string | null;
}

/** How many rows are compared before other work has its turn. */
const ROWS_AT_ONCE = 5_000;

export interface VerifyOptions extends BuildOptions {
  readonly directory: string;
  readonly log: SourceLog;
  readonly set: Projections;
}

/**
 * Folds the log again, up to the checkpoint of the serving file, and compares every row. Changes nothing, and may run
 * beside the process that writes. Throws UserError when there is no file that this program can read.
 */
export async function verify(
  { directory, log, set, ...options }: VerifyOptions,
): Promise<Verified> {
  const live = openCurrent(directory, set);
  if (live === undefined) {
    throw new UserError(
      "Cannot verify the projections: there are none that this program can read",
      {
        hint: "musicfs events replay builds them from the log",
        exitCode: EXIT.notFound,
      },
    );
  }
  try {
    live.db.exec("BEGIN"); // The compared rows stay as they are, whatever is committed meanwhile.
    const head = headOf(live.db)!;
    const foreign = foreignTo(log, head, set);
    if (foreign !== undefined) {
      return { identical: false, events: head.checkpoint, difference: foreign };
    }
    const scratch = await replayed(directory, log, set, head.checkpoint, options);
    try {
      const stale = staleIn(set, head.versions);
      const difference = await firstDifference(set, stale, live.db, scratch);
      return { identical: difference === null, events: head.checkpoint, difference };
    } finally {
      scratch.close();
    }
  } finally {
    live.db.close();
  }
}

function foreignTo(log: SourceLog, head: DatabaseHead, set: Projections): string | undefined {
  if (head.schema !== set.schema) {
    return `${set.name}: live is of layout ${head.schema}, and is being made anew in layout ${set.schema}`;
  }
  const last = log.lastSeq();
  if (head.logId === log.id && head.checkpoint <= last) return undefined;
  return `${set.name}: live is of log ${head.logId} at ${head.checkpoint}, the log is ${log.id} at ${last}`;
}

/**
 * Folds a log up to a position, into a new file that exists only while the returned connection is open. The caller
 * closes it.
 */
export async function replayed(
  directory: string,
  log: SourceLog,
  set: Projections,
  to: Seq,
  options: BuildOptions,
): Promise<DatabaseSync> {
  const path = `${directory}/verify-${Deno.pid}-${crypto.randomUUID()}.sqlite`;
  const db = createDatabase(path, log.id, set);
  removeIfThere(path); // Only the open handle keeps the file: nothing is left behind, however this ends.
  try {
    // Created while the tables are empty, the indexes that the rows below are made with block nobody.
    for (const { fill, indexes } of set.followers) {
      if (fill !== undefined) { for (const statement of indexes) db.exec(statement); }
    }
    const build = new Build(db, log, set);
    await build.fold(to, options);
    db.exec("BEGIN");
    for (const _ of filling(set, db)) {
      await breathe();
      options.signal?.throwIfAborted();
    }
    db.exec("COMMIT");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

async function firstDifference(
  set: Projections,
  stale: ReadonlySet<string>,
  live: DatabaseSync,
  again: DatabaseSync,
): Promise<string | null> {
  const level = projectionsOf(set).filter(({ name }) => !stale.has(name));
  for (const table of level.flatMap(({ tables, compared = tables }) => compared)) {
    const difference = await differenceIn(table, live, again);
    if (difference !== null) return difference;
  }
  if (stale.size === 0) return null;
  return `${[...stale].join(", ")}: live is of another version, and is being made anew`;
}

async function differenceIn(
  table: ProjectionTable,
  live: DatabaseSync,
  again: DatabaseSync,
): Promise<string | null> {
  const columns = new Query(live, `SELECT name FROM pragma_table_info('${table.name}')`).all()
    .map(([name]) => name as string);
  const sql = `SELECT ${columns.join(", ")} FROM ${table.name} ORDER BY ${table.key.join(", ")}`;
  const ours = new Query(live, sql).iterate();
  const theirs = new Query(again, sql).iterate();
  for (let rows = 1;; rows++) {
    const one = ours.next().value as Row | undefined;
    const other = theirs.next().value as Row | undefined;
    if (one === undefined && other === undefined) return null;
    if (!sameRow(one, other)) return told(table, columns, one, other);
    if (rows % ROWS_AT_ONCE === 0) await breathe();
  }
}

function sameRow(one: Row | undefined, other: Row | undefined): boolean {
  return one !== undefined && other !== undefined && one.every((cell, i) => cell === other[i]);
}

function told(
  table: ProjectionTable,
  columns: string[],
  live: Row | undefined,
  again: Row | undefined,
): string {
  const [first, second] = atSameKey(table, columns, live, again);
  const some = first ?? second!;
  const key = table.key.map((name) => shown(name, some[columns.indexOf(name)]!)).join(" ");
  const differing = columns.filter((_, i) => first?.[i] !== second?.[i]);
  const side = (row: Row | undefined) =>
    row === undefined
      ? "no row"
      : differing.map((name) => shown(name, row[columns.indexOf(name)]!)).join(" ");
  return `${table.name} ${key}: live has ${side(first)}, the log says ${side(second)}`;
}

/** When the keys differ, the side with the greater key lacks the row with the smaller one. */
function atSameKey(
  table: ProjectionTable,
  columns: string[],
  live: Row | undefined,
  again: Row | undefined,
): [Row | undefined, Row | undefined] {
  if (live === undefined || again === undefined) return [live, again];
  for (const name of table.key) {
    const [one, other] = [live[columns.indexOf(name)]!, again[columns.indexOf(name)]!];
    if (one !== other) return one < other ? [live, undefined] : [undefined, again];
  }
  return [live, again];
}

function shown(name: string, value: Row[number]): string {
  return `${name}=${JSON.stringify(value)}`;
}
