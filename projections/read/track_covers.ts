import type { DatabaseSync } from "node:sqlite";
import {
  type NodeId,
  nodeOfTrack,
  pictureOfNode,
  toFileId,
  toNodeId,
  type TrackId,
} from "../../src/base/mod.ts";
import { FileStore } from "../catalog/file_store.ts";
import { OtherFileStore } from "../catalog/other_file_store.ts";
import { Query } from "../core/query.ts";
import { CoverFinder } from "../tree/cover_finder.ts";
import type { CoverSource } from "../tree/tree_types.ts";
import { hasCovers } from "./cover_reader.ts";

/** A cover of the directory that holds a track, with the file that it is, or that it is a picture in. */
export interface TrackCover {
  readonly source: CoverSource;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly origin: string;
  readonly path: string;
}

/** The covers that the sources give, at most one each; without any, the reason. */
export interface TrackCovers {
  readonly covers: readonly TrackCover[];
  readonly none: string | null;
}

/** The covers of the directory of the tree that holds a track. */
export function coversOf(db: DatabaseSync, track: TrackId): TrackCovers {
  if (!hasCovers(db)) return { covers: [], none: "nobody has looked for one yet" };
  const [parent] = new Query(db, "SELECT parent FROM nodes WHERE id = ?").get(nodeOfTrack(track)) ??
    [];
  if (parent === undefined) return { covers: [], none: "the track is not in the tree" };
  const directory = toNodeId(parent as number);
  const { covers, none = null } = new CoverFinder(db).find(directory);
  const taken = new Query(
    db,
    "SELECT 1 FROM nodes WHERE parent = ? AND ? IN (name, folded) LIMIT 1",
  );
  const shown = covers.filter(({ name }) => taken.get(directory, name) === undefined);
  const told = shown.map(({ source, node, name, size }): TrackCover => {
    const { origin, path } = fileOf(db, node);
    return { source, name, size, origin, path };
  });
  const isTaken = told.length === 0 && covers.length > 0;
  return { covers: told, none: isTaken ? "another entry of its directory has its name" : none };
}

/** The file that a cover is, or is in. */
function fileOf(db: DatabaseSync, node: NodeId): { origin: string; path: string } {
  const picture = pictureOfNode(node);
  if (picture === undefined) return new OtherFileStore(db).state(toFileId(node))!;
  const [file] = new Query(
    db,
    "SELECT coalesce((SELECT file FROM tracks WHERE track = ?), ?) AS file",
  ).get(picture.track, picture.track)!;
  return new FileStore(db).get(toFileId(file as number))!;
}
