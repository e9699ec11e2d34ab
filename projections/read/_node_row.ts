import { type NodeId, toCookie, toNodeId, toNodeVersion } from "../../src/base/mod.ts";
import type { Cell, Row } from "../core/query.ts";
import { NODE_KINDS } from "../tree/node_kinds.ts";
import type { Entry, Node } from "../tree/tree_types.ts";

/**
 * Where the fields of `facts` begin: below KIND_BIT the nanoseconds, then the index in NODE_KINDS, then the
 * permissions.
 */
const KIND_BIT = 30;
const MODE_BIT = 32;
/** Stands for unknown permissions. */
const NO_MODE = 0x1fff;
/** A user id from here on does not fit into one number together with a group id, of 32 bits. */
const WIDE_UID = 2 ** 21;

/**
 * The columns of `nodes` that {@link nodeOfRow} reads. To hand over a column takes longer than to find the row, so
 * columns of small numbers share one, and the parent and the name, which the caller knows, are left out.
 */
export const NODE_COLUMNS = `id, size, mtime_s, version,
  mtime_ns | (kind << ${KIND_BIT}) | (ifnull(mode, ${NO_MODE}) << ${MODE_BIT}) AS facts,
  CASE WHEN uid IS NULL AND gid IS NULL THEN NULL
    WHEN uid < ${WIDE_UID} AND gid IS NOT NULL THEN (uid << 32) | gid
    ELSE ifnull(uid, '') || ':' || ifnull(gid, '') END AS owner`;

export function nodeOfRow(row: Row, id: NodeId, parent: NodeId): Node {
  const facts = row[4] as number;
  const high = Math.floor(facts / 2 ** KIND_BIT);
  const mode = high >>> (MODE_BIT - KIND_BIT);
  const owner = row[5] as Cell;
  return {
    id,
    kind: NODE_KINDS[high & (2 ** (MODE_BIT - KIND_BIT) - 1)]!,
    parent,
    size: row[1] as number,
    mtime_s: row[2] as number,
    mtime_ns: facts - high * 2 ** KIND_BIT,
    version: toNodeVersion(row[3] as number),
    mode: mode === NO_MODE ? null : mode,
    uid: owner === null ? null : userOf(owner),
    gid: owner === null ? null : groupOf(owner),
  };
}

/** An entry of the tree. A directory of the tree shows each node once, so the node's number serves as the cookie. */
export function entryOfRow(row: Row, parent: NodeId, name: string): Entry {
  const id = toNodeId(row[0] as number);
  return { cookie: toCookie(id), name, node: nodeOfRow(row, id, parent), ttl: Infinity };
}

function userOf(owner: string | number): number | null {
  return typeof owner === "number" ? Math.floor(owner / 2 ** 32) : numberIn(owner.split(":")[0]!);
}

function groupOf(owner: string | number): number | null {
  return typeof owner === "number" ? owner % 2 ** 32 : numberIn(owner.split(":")[1]!);
}

function numberIn(text: string): number | null {
  return text === "" ? null : Number(text);
}
