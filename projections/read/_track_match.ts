import type { DatabaseSync } from "node:sqlite";
import { type NodeId, type TrackId, trackOfNode } from "../../src/base/mod.ts";
import { DIRECTORY } from "../tree/node_kinds.ts";
import { Query } from "../core/query.ts";
import { parseQuery } from "../../src/query/mod.ts";
import { ROOT_ID } from "../tree/tree_types.ts";
import { TrackSearch } from "./track_search.ts";

/** A track that a query matches. */
export interface MatchedTrack {
  readonly track: TrackId;
  /** The size of the copy that the tree shows, in bytes. */
  readonly size: number;
}

/** How many tracks are found below a directory in one page. */
const PAGE_TRACKS = 1_000;

/** See {@link ListeningQueries.tracksMatching}. */
export function* matchingTracks(
  db: DatabaseSync,
  query: string,
): IterableIterator<MatchedTrack[]> {
  const node = nodeAt(db, query);
  if (node === undefined) {
    if (query.trim() !== "") yield* new TrackSearch(db).matching(parseQuery(query));
  } else if (node.kind === DIRECTORY) yield* below(db, node.id);
  else yield [{ track: trackOfNode(node.id), size: node.size }];
}

/** The node at a path; undefined for an empty path too: everything is `/`. */
function nodeAt(
  db: DatabaseSync,
  path: string,
): { id: NodeId; kind: number; size: number } | undefined {
  if (path === "") return undefined;
  const lookup = new Query(db, "SELECT id, kind, size FROM nodes WHERE parent = ? AND name = ?");
  let node = { id: ROOT_ID, kind: DIRECTORY, size: 0 };
  for (const name of path.split("/").filter((segment) => segment !== "")) {
    const row = lookup.get(node.id, name);
    if (row === undefined) return undefined;
    const [id, kind, size] = row as [NodeId, number, number];
    node = { id, kind, size };
  }
  return node;
}

function* below(db: DatabaseSync, root: NodeId): IterableIterator<MatchedTrack[]> {
  const entries = new Query(
    db,
    `SELECT id, size, kind FROM nodes WHERE parent = ? AND id > ? ORDER BY id LIMIT ${PAGE_TRACKS}`,
  );
  const pending = [root];
  for (let directory; (directory = pending.pop()) !== undefined;) {
    for (let after = 0;;) {
      const rows = entries.all(directory, after) as [NodeId, number, number][];
      if (rows.length === 0) break;
      const [directories, tracks] = [true, false].map((wanted) =>
        rows.filter(([, , kind]) => (kind === DIRECTORY) === wanted)
      );
      pending.push(...directories!.map(([id]) => id));
      yield tracks!.map(([id, size]) => ({ track: trackOfNode(id), size }));
      after = rows.at(-1)![0];
    }
  }
}
