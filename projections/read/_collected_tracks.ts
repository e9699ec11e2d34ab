import type { DatabaseSync } from "node:sqlite";
import type { AudioProperties, TrackTags } from "../../events/facts/files.ts";
import type { OriginType } from "../../events/facts/origins.ts";
import { type NodeId, nodeOfTrack, toNodeId, toTrackId, type TrackId } from "../../src/base/mod.ts";
import { joinPath } from "../catalog/file_state.ts";
import { Query, type Row } from "../core/query.ts";
import { trackNames } from "../naming/track_names.ts";
import { SearchedTracks } from "./_searched_track.ts";

/** A track of a collection, as its names and lists need it. */
export interface CollectedTrack {
  readonly track: TrackId;
  readonly node: NodeId;
  /** The path in the tree, without a leading `/`. */
  readonly path: string;
  readonly title: string;
  readonly artist: string;
  readonly album: string;
  readonly format: string;
  /** Null when the file does not say it. */
  readonly duration_ms: number | null;
  /** Where its file lies: the origin's kind and root, and the path below it. */
  readonly file: { readonly kind: OriginType; readonly root: string; readonly path: string };
}

/** So many tracks are read by one statement. */
const BATCH = 500;

/** Reads what is shown of tracks, many at a time. */
export class CollectedTracks {
  readonly #rows: Query;
  readonly #paths: SearchedTracks;

  constructor(db: DatabaseSync) {
    this.#paths = new SearchedTracks(db);
    this.#rows = new Query(
      db,
      `SELECT j.value AS track, n.parent, n.name, f.tags, f.format, f.properties,
          d.path AS directory, f.name AS file, o.kind, o.root
        FROM json_each(?) j CROSS JOIN nodes n ON n.id = j.value
          CROSS JOIN files f ON f.number = coalesce(
            (SELECT t.file FROM tracks t WHERE t.track = j.value), j.value)
          CROSS JOIN source_directories d ON d.id = f.directory
          CROSS JOIN origins o ON o.id = d.origin`,
    );
  }

  /** The tracks that the tree shows, in their order. */
  *of(tracks: readonly TrackId[]): IterableIterator<CollectedTrack> {
    this.#paths.forget();
    for (let at = 0; at < tracks.length; at += BATCH) {
      const numbers = tracks.slice(at, at + BATCH).map(nodeOfTrack);
      for (const row of this.#rows.all(JSON.stringify(numbers))) {
        const track = this.#track(row);
        if (track !== undefined) yield track;
      }
    }
  }

  #track(row: Row): CollectedTrack | undefined {
    const [number, parent, name, tags, format, properties, directory, file, kind, root] = row as [
      ...[number, number, string, string, string, string, string, string, OriginType, string],
    ];
    const path = this.#paths.pathIn(toNodeId(parent), name);
    if (path === undefined) return undefined;
    const track = toTrackId(number);
    const place = joinPath(directory, file);
    const { title, artist, album } = trackNames(JSON.parse(tags) as TrackTags, place);
    const { duration_ms = null } = JSON.parse(properties) as AudioProperties;
    return {
      ...{ track, node: nodeOfTrack(track), path, title, artist, album, format, duration_ms },
      file: { kind, root, path: place },
    };
  }
}
