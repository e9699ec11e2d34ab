import type { FileId, TrackId } from "../../base/mod.ts";
import type { CacheAccess } from "../cache_access.ts";
import { HeardTracks } from "./heard_tracks.ts";

/** How often at most the engine is told of files that were read from the store: eviction counts in days, not seconds. */
const USED_MS = 30_000;

/** Tells the engine what was noticed while files were read from the cache. */
export class ReadReports {
  readonly #source: CacheAccess;
  readonly #heard: HeardTracks;
  readonly #used = new Set<FileId>();
  /** Chunks whose report is under way. */
  readonly #corrupt = new Map<string, Promise<void>>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(source: CacheAccess) {
    this.#source = source;
    this.#heard = new HeardTracks((track) => source.heard(track));
  }

  heard(track: TrackId): void {
    this.#heard.heard(track);
  }

  /** To be called when a file was read from the store. */
  used(file: FileId): void {
    this.#used.add(file);
    this.#timer ??= this.#tellLater();
  }

  /** To be called for a chunk that is not what its name says. */
  corrupt(hash: string, reason: string): void {
    if (this.#corrupt.has(hash)) return;
    const told = this.#source.corrupt(hash, reason);
    this.#corrupt.set(hash, told);
    told.finally(() => this.#corrupt.delete(hash));
  }

  /** Resolves once no chunk that was found corrupt is part of a file any more. */
  async corruptTold(): Promise<void> {
    if (this.#corrupt.size > 0) await Promise.all(this.#corrupt.values());
  }

  #tellLater(): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => {
      this.#timer = undefined;
      this.#source.used([...this.#used]);
      this.#used.clear();
    }, USED_MS);
    Deno.unrefTimer(timer);
    return timer;
  }
}
