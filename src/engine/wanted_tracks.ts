import type { LibraryQueries } from "../../projections/mod.ts";
import {
  EXIT,
  type FileId,
  formatBytes,
  formatCount,
  messageOf,
  plural,
  type TrackId,
  UserError,
} from "../base/mod.ts";
import type { Fetcher } from "../cache/mod.ts";
import { fieldHint, parseQuery } from "../query/mod.ts";
import type { CacheWorks } from "./cache_works.ts";

/** Bytes that are fetched at a time. */
const PIECE_BYTES = 4 * 1024 * 1024;
/** Tracks that are looked up before other requests get a turn. */
const LOOKED_AT_ONCE = 500;

export interface WantedTracksParts {
  readonly queries: () => LibraryQueries;
  /** Whether the origin's files lie on this machine. */
  readonly isLocal: (origin: string) => boolean;
  readonly complete: Fetcher["complete"];
  readonly works: CacheWorks;
  /** The limit of the cache, in bytes. */
  readonly cacheBytes: number;
  readonly signal: AbortSignal;
}

/** A file to be fetched. */
export interface WantedFile {
  readonly file: FileId;
  /** Bytes. */
  readonly size: number;
}

/** Finds and fetches tracks that a person wants on this machine. Readers are answered meanwhile. */
export class WantedTracks {
  readonly #parts: WantedTracksParts;

  constructor(parts: WantedTracksParts) {
    this.#parts = parts;
  }

  /**
   * The tracks that the query finds; see ListeningQueries.tracksMatching. Rejects with UserError, exit code 4, when
   * there are none.
   */
  async matching(query: string): Promise<TrackId[]> {
    const tracks: TrackId[] = [];
    for (const page of this.#parts.queries().listening.tracksMatching(query)) {
      for (const { track } of page) tracks.push(track);
      await othersFirst();
    }
    if (tracks.length > 0) return tracks;
    throw new UserError(`Cannot find ${JSON.stringify(query)}: no track matches`, {
      hint: fieldHint(parseQuery(query)) ??
        "a path below the mount point, or a query (musicfs help query)",
      exitCode: EXIT.notFound,
    });
  }

  /**
   * The files that the tree shows for these tracks. To warm a track, a file on this machine needs no copy; a pinned one
   * gets a copy, since a local folder may go away too. Rejects with UserError when the files are larger than the cache
   * may be.
   */
  async filesOf(tracks: readonly TrackId[], what: "pin" | "warm"): Promise<WantedFile[]> {
    const { queries, isLocal, cacheBytes } = this.#parts;
    const files: WantedFile[] = [];
    let bytes = 0;
    for (const [i, track] of tracks.entries()) {
      const [primary] = queries().copies(track);
      if (primary !== undefined && (what === "pin" || !isLocal(primary.origin))) {
        files.push({ file: primary.file, size: primary.size });
        bytes += primary.size;
      }
      if (i % LOOKED_AT_ONCE === 0) await othersFirst();
    }
    if (bytes <= cacheBytes) return files;
    throw new UserError(
      `Cannot keep ${plural(files.length, "track")} of ${formatBytes(bytes)}: ` +
        `the cache holds ${formatBytes(cacheBytes)}`,
      { hint: "cache.size in the configuration says how much" },
    );
  }

  /**
   * Fetches the missing bytes of the files; resolves with how many were fetched. Rejects with UserError at the end when
   * some could not be fetched or not be stored.
   */
  async fetch(
    what: "pin" | "warm",
    files: readonly WantedFile[],
    signal: AbortSignal,
  ): Promise<number> {
    const either = AbortSignal.any([this.#parts.signal, signal]);
    const total = files.reduce((sum, { size }) => sum + size, 0);
    const failures: unknown[] = [];
    let unkept = 0;
    const fetched = await this.#parts.works.follow(what, total, async (at) => {
      let bytes = 0;
      let before = 0;
      for (const { file, size } of files) {
        let done = before;
        const onPiece = (piece: number) => at(done += piece);
        try {
          const { fetched, missing } = await this.#parts.complete(
            ...[file, PIECE_BYTES, either, onPiece] as const,
          );
          bytes += fetched;
          unkept += missing;
        } catch (error) {
          either.throwIfAborted();
          failures.push(error);
        }
        at(before += size);
      }
      return bytes;
    });
    if (unkept > 0) {
      throw new UserError(
        `Cannot keep all of it: the cache had no room for ${formatBytes(unkept)}`,
        {
          hint:
            "musicfs cache stats says what is stored; cache.size in the configuration, how much may be",
        },
      );
    }
    if (failures.length === 0) return fetched;
    throw new UserError(
      `Cannot fetch ${formatCount(failures.length)} of ${plural(files.length, "track")}: ` +
        messageOf(failures[0]),
      {
        hint: "musicfs origin list says which origins answer; " +
          (what === "pin"
            ? "what is pinned is fetched by itself when they do"
            : "the same command goes on where this one ended"),
      },
    );
  }
}

/** Lets other work that is waiting have a turn. */
function othersFirst(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
