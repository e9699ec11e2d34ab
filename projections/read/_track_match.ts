import type { DatabaseSync } from "node:sqlite";
import { type NodeId, type TrackId, trackOfNode } from "../../src/base/mod.ts";
import { DIRECTORY } from "../tree/node_kinds.ts";
import { Query } from "../core/query.ts";
import { FileStore } from "../catalog/file_store.ts";
import type { TrackNames } from "../naming/track_names.ts";
import { ROOT_ID } from "../tree/tree_types.ts";

/** A track that a query matches. */
export interface MatchedTrack {
  readonly track: TrackId;
  /** The size of the copy that the tree shows, in bytes. */
  readonly size: number;
}

/** How many tracks are looked at, or found below a directory, in one page. */
const PAGE_TRACKS = 1_000;

/** Matches the accents of a decomposed text. */
const MARKS = /\p{M}+/gu;

/** See {@link ListeningQueries.tracksMatching}. */
export function* matchingTracks(
  db: DatabaseSync,
  query: string,
): IterableIterator<MatchedTrack[]> {
  const node = nodeAt(db, query);
  if (node === undefined) yield* matchingWords(db, query);
  else if (node.kind === DIRECTORY) yield* below(db, node.id);
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

function* matchingWords(db: DatabaseSync, query: string): IterableIterator<MatchedTrack[]> {
  const words = folded(query).split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return;
  let page: MatchedTrack[] = [];
  let looked = 0;
  for (const { track, size, names } of new FileStore(db).primaries()) {
    const text = textOf(names);
    if (words.every((word) => text.includes(word))) page.push({ track, size });
    if (++looked % PAGE_TRACKS > 0) continue;
    yield page;
    page = [];
  }
  yield page;
}

function textOf({ artist, albumartist, album, title }: TrackNames): string {
  return folded(`${artist}\n${albumartist}\n${album}\n${title}`);
}

/** The text without case and accents. */
function folded(text: string): string {
  return text.normalize("NFKD").replace(MARKS, "").toLowerCase();
}
