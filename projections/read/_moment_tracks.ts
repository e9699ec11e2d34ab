import type { DatabaseSync } from "node:sqlite";
import type { TrackId } from "../../src/base/mod.ts";
import { conditionOf, fieldNamed, type Query, type Span } from "../../src/query/mod.ts";
import { nodeOfTrack } from "../../src/base/mod.ts";
import { Query as Statement } from "../core/query.ts";
import { inSpan, isWithin } from "./_search_plan.ts";

/** Where the moments and plays of tracks stand. A track that was never played has no row in `plays`. */
const COLUMNS: Readonly<Record<string, { readonly table: string; readonly column: string }>> = {
  added: { table: "search_added", column: "at" },
  played: { table: "plays", column: "last_at" },
  plays: { table: "plays", column: "count" },
};

/**
 * The first `most` tracks of a query that asks for one span of a moment (or of a number of plays), and for one such
 * order or none: the newest, what was played last or most. Of a library of any size only these are looked at. Undefined
 * for other queries. Tracks that are equal in the order come by their numbers.
 */
export function momentTracks(
  db: DatabaseSync,
  { where, sort, limit }: Query,
  { now, most }: { readonly now: number; readonly most: number },
): TrackId[] | undefined {
  if (where === null || where.kind === "and" || where.kind === "or" || where.kind === "not") {
    return undefined;
  }
  const condition = conditionOf(where, now);
  if (condition.is !== "span" || sort.length > 1 || sort.length === 0 && limit !== null) {
    return undefined;
  }
  const by = columnOf(condition.field.name);
  if (by === undefined || by.column === "count" && includesNone(condition.span)) return undefined;
  const order = sort.length === 0 ? undefined : columnOf(fieldNamed(sort[0]!.field).name);
  if (sort.length > 0 && order?.table !== by.table) return undefined;
  const { sql, values } = inSpan(`m.${by.column}`, condition.span);
  const keys = order === undefined
    ? "m.track"
    : `m.${order.column} ${sort[0]!.descending ? "DESC" : "ASC"}, m.track`;
  const isShown = new Statement(db, "SELECT 1 FROM nodes WHERE id = ?");
  const rows = new Statement(
    db,
    `SELECT m.track FROM ${by.table} m WHERE ${sql === "" ? "1" : sql} ORDER BY ${keys}`,
  );
  const tracks: TrackId[] = [];
  for (const [track] of rows.iterate(...values)) {
    if (tracks.length === most) break;
    if (isShown.get(nodeOfTrack(track as TrackId)) !== undefined) tracks.push(track as TrackId);
  }
  return tracks;
}

function columnOf(field: string) {
  return Object.hasOwn(COLUMNS, field) ? COLUMNS[field] : undefined;
}

function includesNone(span: Span): boolean {
  return isWithin(0, span);
}
