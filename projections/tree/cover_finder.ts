import type { DatabaseSync } from "node:sqlite";
import type { PicturePlace } from "../../events/facts/files.ts";
import {
  type ContentVersion,
  type NodeId,
  nodeOfOtherFile,
  nodeOfPicture,
  nodeShowing,
  type NodeVersion,
  toFileId,
  type TrackId,
} from "../../src/base/mod.ts";
import { joinPath, splitPath, VISIBLE } from "../catalog/file_state.ts";
import { Query, type Row } from "../core/query.ts";
import { DISC_DIRECTORY, guessFromPath } from "../naming/path_guess.ts";
import {
  chooseEmbedded,
  chooseFile,
  fitnessOf,
  type Illustrated,
  isCoverName,
  mayBeCover,
  OneAlbum,
  type PictureFile,
} from "./cover_choice.ts";
import { TRACK } from "./node_kinds.ts";
import { pictureVersion } from "./picture_version.ts";
import { shownMode } from "./shown_mode.ts";
import type { CoverSource } from "./tree_types.ts";

/** A directory with more tracks, or more music, is no album. */
const ALBUM_TRACKS_MAX = 1_000;
/** How many tracks are looked at first: those of most albums, and enough to see that a directory is none. */
const FIRST_TRACKS = 40;
const SEVERAL: FoundCovers = {
  covers: [],
  none: "the tracks of its directory are not of one album",
};

/** A cover that a directory of the tree can show: the node and its name. */
export interface FoundCover {
  readonly source: CoverSource;
  readonly node: NodeId;
  readonly name: string;
  readonly size: number;
  readonly mtime_s: number;
  readonly mtime_ns: number;
  readonly mode: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
  readonly version: NodeVersion;
}

/** The covers of a directory, at most one of each source. When there is none, `none` says why. */
export interface FoundCovers {
  readonly covers: readonly FoundCover[];
  readonly none?: string;
}

/** A directory of an origin. */
export interface SourceDirectory {
  readonly origin: string;
  readonly path: string;
}

interface AlbumTrack extends Illustrated {
  /** The number of the directory of its origin. */
  readonly source: number;
}

/** The facts of a file that its node shows. */
interface Facts {
  readonly size: number;
  readonly mtime_s: number;
  readonly mtime_ns: number;
  readonly etag: string | null;
  readonly mode: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
  readonly content: ContentVersion;
}

interface BesideFile extends PictureFile, Facts {}

const FACTS = ["size", "mtime_s", "mtime_ns", "etag", "mode", "uid", "gid", "content"];

function factsOf(table: string): string {
  return FACTS.map((name) => `${table}.${name}`).join(", ");
}

/** Finds the covers of directories in the rows of tracks, their details, and the files beside them. */
export class CoverFinder {
  readonly #firstTracks: Query;
  readonly #tracks: Query;
  readonly #file: Query;
  readonly #source: Query;
  readonly #beside: Query;
  readonly #music: Query;

  constructor(db: DatabaseSync) {
    const album = "f.tags ->> '$.album' AS album, f.tags ->> '$.albumartist' AS albumartist";
    const tracks = (limit: number) =>
      `SELECT n.id, f.directory, f.size, ${album}, d.details -> '$.pictures' AS pictures
        FROM nodes n LEFT JOIN tracks t ON t.track = n.id
          CROSS JOIN files f ON f.number = coalesce(t.file, n.id)
          LEFT JOIN file_details d ON d.file = f.number
        WHERE n.parent = ? AND n.kind = ${TRACK} ORDER BY n.name LIMIT ${limit}`;
    this.#firstTracks = new Query(db, tracks(FIRST_TRACKS));
    this.#tracks = new Query(db, tracks(ALBUM_TRACKS_MAX + 1));
    this.#file = new Query(
      db,
      `SELECT f.name, ${factsOf("f")} FROM files f
        WHERE f.number = coalesce((SELECT t.file FROM tracks t WHERE t.track = ?), ?)`,
    );
    this.#source = new Query(db, "SELECT origin, path FROM source_directories WHERE id = ?");
    this.#beside = new Query(
      db,
      `SELECT o.number, o.name, ${factsOf("o")} FROM origin_directories d
          CROSS JOIN other_files o ON o.directory = d.id
        WHERE d.origin = ? AND d.path = ? AND ${mayBeCover("o.name")}`,
    );
    this.#music = new Query(
      db,
      `SELECT ${album} FROM source_directories s CROSS JOIN files f ON f.directory = s.id
        WHERE s.origin = ? AND s.path = ? AND ${VISIBLE} LIMIT ${ALBUM_TRACKS_MAX + 1}`,
    );
  }

  find(directory: NodeId): FoundCovers {
    const tracks: AlbumTrack[] = [];
    const one = new OneAlbum();
    const sources = new Map<number, SourceDirectory>();
    const first = this.#firstTracks.all(directory);
    if (!this.#areOneAlbum(first, tracks, one, sources)) return SEVERAL;
    if (first.length === FIRST_TRACKS) {
      const others = this.#tracks.all(directory).slice(FIRST_TRACKS);
      if (tracks.length + others.length > ALBUM_TRACKS_MAX) return SEVERAL;
      if (!this.#areOneAlbum(others, tracks, one, sources)) return SEVERAL;
    }
    const embedded = this.#embeddedIn(tracks);
    const beside = tracks.length === 0 ? undefined : this.#besideOf(tracks, sources, one.album!);
    const covers = [beside, embedded].filter((cover) => cover !== undefined);
    return covers.length > 0 ? { covers } : { covers, none: whyNone(tracks) };
  }

  /** Adds the tracks of these rows. Returns false at the first that is not of the same album. */
  #areOneAlbum(
    rows: readonly Row[],
    tracks: AlbumTrack[],
    one: OneAlbum,
    sources: Map<number, SourceDirectory>,
  ): boolean {
    for (const row of rows) {
      const [track, source, size] = row as [TrackId, number, number];
      const [album, albumartist, pictures] = row.slice(3) as (string | null)[];
      let place = sources.get(source);
      if (place === undefined) sources.set(source, place = this.#placeOf(source));
      const name = trimmed(album!) || this.#guessedAlbum(track, place);
      if (!one.add(name, trimmed(albumartist!))) return false;
      tracks.push({
        ...{ track, source, size },
        pictures: pictures === null ? [] : JSON.parse(pictures!) as PicturePlace[],
      });
    }
    return true;
  }

  #guessedAlbum(track: TrackId, { path }: SourceDirectory): string {
    const name = this.#file.get(track, track)![0] as string;
    return trimmed(guessFromPath(joinPath(path, name)).album ?? null);
  }

  #embeddedIn(tracks: readonly AlbumTrack[]): FoundCover | undefined {
    const chosen = chooseEmbedded(tracks);
    if (chosen === undefined) return undefined;
    const { track: { track, pictures }, index, extension } = chosen;
    const file = facts(this.#file.get(track, track)!.slice(1));
    const picture = pictures[index]!;
    return cover("embedded", nodeOfPicture(track, index), extension, {
      ...file,
      size: picture.length,
      version: pictureVersion(file.content, picture),
    });
  }

  /** Picture files in a directory of an origin that can be covers, whatever else is there. */
  filesIn({ origin, path }: SourceDirectory): Omit<BesideFile, "tracks">[] {
    return this.#beside.all(origin, path)
      .filter((row) => isCoverName(row[1] as string))
      .map((row) => ({
        ...{ number: row[0] as number, name: row[1] as string, ...facts(row.slice(2)) },
      }));
  }

  /**
   * Whether the music directly in a directory of an origin names one album alone, which is `album` if that is given. True
   * when it names none.
   */
  isOneAlbum({ origin, path }: SourceDirectory, album?: string): boolean {
    const one = new OneAlbum();
    const rows = this.#music.all(origin, path);
    if (rows.length > ALBUM_TRACKS_MAX) return false;
    for (const [album, albumartist] of rows as (string | null)[][]) {
      const name = trimmed(album!);
      if (name !== "" && !one.add(name, trimmed(albumartist!))) return false;
    }
    return album === undefined || one.album === undefined || one.album === album;
  }

  #besideOf(
    tracks: readonly AlbumTrack[],
    sources: ReadonlyMap<number, SourceDirectory>,
    album: string,
  ): FoundCover | undefined {
    const found = new Map<number, BesideFile>();
    for (const [source, place] of sources) {
      const count = tracks.filter((track) => track.source === source).length;
      for (const at of withParentOfDisc(place)) {
        const files = this.filesIn(at);
        const isOurs = files.length > 0 && this.isOneAlbum(place) && this.isOneAlbum(at, album);
        for (const file of isOurs ? files : []) {
          found.set(file.number, {
            ...file,
            tracks: count + (found.get(file.number)?.tracks ?? 0),
          });
        }
      }
    }
    const chosen = chooseFile([...found.values()]);
    if (chosen === undefined) return undefined;
    const { file, extension } = chosen;
    return cover("files", nodeOfOtherFile(toFileId(file.number)), extension, {
      ...file,
      version: nodeShowing(file.content),
    });
  }

  #placeOf(source: number): SourceDirectory {
    const [origin, path] = this.#source.get(source) as [string, string];
    return { origin, path };
  }
}

/** A directory, and the one above it if this one is a disc: `Album/CD1`, `Album`. */
export function withParentOfDisc(place: SourceDirectory): SourceDirectory[] {
  const [above, name] = splitPath(place.path);
  return DISC_DIRECTORY.test(name) ? [place, { origin: place.origin, path: above }] : [place];
}

function cover(
  source: CoverSource,
  node: NodeId,
  extension: string,
  file: Omit<Facts, "content"> & { version: NodeVersion },
): FoundCover {
  const { size, mtime_s, mtime_ns, uid, gid, version } = file;
  return {
    ...{ source, node, name: `cover.${extension}`, size, mtime_s, mtime_ns },
    ...{ mode: shownMode(file), uid, gid, version },
  };
}

function whyNone(tracks: readonly AlbumTrack[]): string {
  for (const { pictures, size } of tracks) {
    for (const picture of pictures) {
      const { unfit } = fitnessOf(picture, size);
      if (unfit !== undefined) return `a picture in the tracks can't be shown: ${unfit}`;
    }
  }
  return "no picture is in the tracks or beside them";
}

function facts(row: Row): Facts {
  const [size, mtime_s, mtime_ns, etag] = row as [number, number, number, string | null];
  const [mode, uid, gid] = row.slice(4) as (number | null)[];
  const content = row[7] as ContentVersion;
  return { size, mtime_s, mtime_ns, etag, mode: mode!, uid: uid!, gid: gid!, content };
}

function trimmed(text: string | null): string {
  return text === null ? "" : text.trim();
}
