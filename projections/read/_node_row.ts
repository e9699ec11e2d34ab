import { type NodeId, toCookie, toNodeId, toNodeVersion } from "../../src/base/mod.ts";
import type { Cell, Row } from "../core/query.ts";
import { NODE_KINDS } from "../tree/node_kinds.ts";
import type { Entry, Node } from "../tree/tree_types.ts";

/** Units of the bits of `facts`, one above the other: nanoseconds, place in NODE_KINDS, permissions. */
const KIND_BIT = 30;
const MODE_BIT = 32;
/** In place of permissions: nobody told any. */
const NO_MODE = 0x1fff;
/** A user's number from here on does not fit into one number with that of a group, both of 32 bits. */
const WIDE_UID = 2 ** 21;

/**
 * A row of `nodes`, as {@link nodeOfRow} reads it. To hand a column over takes longer than to find the row, so those with
 * small numbers share one, and what whoever asks knows already is none.
 */
export const NODE_COLUMNS = `id, size, mtime_s, changed_seq,
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

/** A directory of the tree shows each node once, so the number serves as the cookie. */
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
