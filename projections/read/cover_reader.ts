import type { DatabaseSync } from "node:sqlite";
import type { PicturePlace } from "../../events/facts/files.ts";
import {
  type NodeId,
  nodeOfTrack,
  type NodeVersion,
  pictureOfNode,
  toCookie,
} from "../../src/base/mod.ts";
import { Query, type Row } from "../core/query.ts";
import { fitnessOf } from "../tree/cover_choice.ts";
import { pictureVersion } from "../tree/picture_version.ts";
import {
  COVER_SOURCES,
  type Covers,
  type CoverSource,
  type DirectoryReader,
  type Entry,
  type Node,
  type TrackPicture,
  type TreeChange,
} from "../tree/tree_types.ts";
import { FeedReader } from "./_feed_reader.ts";

/** The tree, as far as the pictures in its tracks need it. */
export type TrackTree = Pick<DirectoryReader, "node" | "location">;

/** Whether a file of the library has tables of covers. A program that knew none made it otherwise. */
export function hasCovers(db: DatabaseSync): boolean {
  return new Query(db, "SELECT 1 FROM sqlite_schema WHERE name = 'covers'").get() !== undefined;
}

/** Answers which cover a directory shows, and what the pictures in tracks are. */
export class CoverReader implements Covers {
  readonly #tree: TrackTree;
  readonly #covers: Query;
  readonly #pictures: Query;
  readonly #feed: FeedReader;

  constructor(db: DatabaseSync, tree: TrackTree) {
    this.#tree = tree;
    this.#covers = new Query(
      db,
      `SELECT source, node, name, size, mtime_s, mtime_ns, version, mode, uid, gid FROM covers c
        WHERE directory = ?
          AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.parent = c.directory AND n.name = c.name)
          AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.parent = c.directory AND n.folded = c.name)`,
    );
    this.#pictures = new Query(
      db,
      "SELECT details -> '$.pictures' AS pictures FROM file_details WHERE file = ?",
    );
    this.#feed = new FeedReader(db, "artwork");
  }

  of(directory: NodeId, sources: readonly CoverSource[]): Entry | undefined {
    const rows = this.#covers.all(directory);
    for (const source of sources) {
      const row = rows.find(([index]) => index === COVER_SOURCES.indexOf(source));
      if (row !== undefined) return entryOf(row, directory);
    }
    return undefined;
  }

  node(id: NodeId): Node | undefined {
    const found = this.picture(id);
    if (found === undefined) return undefined;
    const { file, from, to, version } = found;
    const { mtime_s, mtime_ns, mode = null, uid = null, gid = null } = file;
    const parent = this.#tree.node(file.node)!.parent;
    return {
      ...{ id, kind: "picture", parent, size: to - from, mtime_s, mtime_ns },
      ...{ version, mode, uid, gid },
    };
  }

  picture(id: NodeId): TrackPicture | undefined {
    const place = pictureOfNode(id);
    const file = place && this.#tree.location(nodeOfTrack(place.track));
    if (file === undefined) return undefined;
    const [json = null] = this.#pictures.get(file.file) ?? [];
    const pictures = JSON.parse(json as string | null ?? "[]") as PicturePlace[];
    const picture = pictures[place!.index];
    if (picture === undefined || fitnessOf(picture, file.size).unfit !== undefined) {
      return undefined;
    }
    const { offset, length } = picture;
    const version = pictureVersion(file.content, picture);
    return { file, from: offset, to: offset + length, version };
  }

  lastChange(): number {
    return this.#feed.lastChange();
  }

  changesSince(change: number, limit: number): TreeChange[] | undefined {
    return this.#feed.changesSince(change, limit);
  }
}

function entryOf(row: Row, directory: NodeId): Entry {
  const [, id, name, size, mtime_s, mtime_ns, version] = row as [
    ...[number, NodeId, string, number, number, number, NodeVersion],
  ];
  const [mode, uid, gid] = row.slice(7) as (number | null)[];
  const kind = pictureOfNode(id) === undefined ? "file" : "picture";
  const node: Node = {
    ...{ id, kind, parent: directory, size, mtime_s, mtime_ns, version },
    ...{ mode: mode!, uid: uid!, gid: gid! },
  };
  return { cookie: toCookie(id), name, node, ttl: Infinity };
}
