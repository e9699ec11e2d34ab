import type { MusicEvent } from "../../events/mod.ts";
import { type KnownPlaylist, type LibraryQueries, versionOf } from "../../projections/mod.ts";
import {
  type Logger,
  messageOf,
  PLAYLIST_BYTES_MAX,
  plural,
  printable,
  TimeSlices,
  type TrackId,
} from "../base/mod.ts";
import {
  OriginChanged,
  OriginNotFound,
  OriginRefused,
  OriginUnreachable,
  readBytes,
} from "../origins/mod.ts";
import {
  findEntries,
  type KnownFile,
  type KnownFiles,
  type PlaylistEntry,
  PlaylistError,
  readPlaylist,
} from "../playlists/mod.ts";
import type { Origins } from "./origins.ts";
import { completed, deciding, type PlaylistContent, sorted } from "./playlist_events.ts";

export interface PlaylistFilesParts {
  readonly origins: Pick<Origins, "get">;
  /** The queries of the process that writes: what was just appended is there. */
  readonly queries: () => LibraryQueries;
  readonly append: (events: readonly MusicEvent[]) => Promise<void>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Playlists that are asked for at a time. */
const PAGE = 100;
/** For how long, in ms, nothing else has its turn. */
const SLICE_MS = 20;
/** Characters of an entry that a message shows. */
const SHOWN_CHARS = 120;

/** What there may be to do after a scan. */
export interface PlaylistWork {
  /** Whether files were read, of which some may be what entries of playlists mean. */
  readonly isNews: boolean;
  /** Whether those may be anywhere: then entries are compared with the names of all files. */
  readonly isThorough: boolean;
}

/**
 * Makes collections of the playlists that scans find on origins, one after the other in the background: reads those that
 * are new or changed, looks once more for entries that meant no track, and removes the collections of those that are
 * gone. The library tells what is left to do, so work that was cut off goes on after the next scan.
 */
export class PlaylistFiles {
  readonly #parts: PlaylistFilesParts;
  #next: PlaylistWork | undefined;
  #running: Promise<void> | undefined;

  constructor(parts: PlaylistFilesParts) {
    this.#parts = parts;
  }

  get busy(): boolean {
    return this.#running !== undefined;
  }

  /** To be called when a scan is over, and when the engine begins. */
  look(work: PlaylistWork): void {
    if (this.#parts.signal.aborted) return;
    const { isNews = false, isThorough = false } = this.#next ?? {};
    this.#next = { isNews: isNews || work.isNews, isThorough: isThorough || work.isThorough };
    this.#running ??= this.#rounds()
      .catch((error) => {
        const { signal, logger } = this.#parts;
        if (!signal.aborted) logger.error(`Cannot read playlists: ${messageOf(error)}`);
      })
      .finally(() => this.#running = undefined);
  }

  /** Resolves when no playlist is being read any more. To be called after the signal was aborted. */
  async close(): Promise<void> {
    await this.#running;
  }

  async #rounds(): Promise<void> {
    for (let work = this.#next; work !== undefined; work = this.#next) {
      this.#next = undefined;
      const { queries, signal } = this.#parts;
      if (queries().playlists.isFilling || queries().collections.isFilling) return;
      await this.#removeGone();
      const away = new Set<string>();
      for await (const playlist of this.#pages("unread")) {
        if (!away.has(playlist.origin)) await this.#read(playlist, away);
        if (signal.aborted) return;
      }
      if (!work.isNews) continue;
      for await (const playlist of this.#pages("seeking")) {
        if (!away.has(playlist.origin)) await this.#seek(playlist, work.isThorough, away);
        if (signal.aborted) return;
      }
    }
  }

  /** The playlists for which something is to be done; what is done meanwhile may be seen or not. */
  async *#pages(which: "unread" | "seeking"): AsyncIterable<KnownPlaylist> {
    for (let after = 0;;) {
      const page = this.#parts.queries().playlists[which](after, PAGE);
      if (page.length === 0) return;
      yield* page;
      after = page.at(-1)!.file;
    }
  }

  async #removeGone(): Promise<void> {
    const { queries, append, logger } = this.#parts;
    for (const { origin, path, collection } of queries().playlists.gone()) {
      const own = collection === null ? undefined : queries().collections.get(collection);
      if (own === undefined) continue;
      await append([{ type: "CollectionRemoved", v: 1, data: { name: own.name } }]);
      logger.info(
        `${shown(origin, path)} is gone, and so is the collection ${printable(own.name)}`,
      );
    }
  }

  /** Reads a playlist. When its origin can't be reached, adds that to `away`. */
  async #read(playlist: KnownPlaylist, away: Set<string>): Promise<void> {
    const bytes = await this.#bytes(playlist);
    if (bytes === "later") return;
    if (bytes === "away") return void away.add(playlist.origin);
    let title: string | null = null;
    let remarks: readonly string[] = [];
    let content: PlaylistContent;
    try {
      if ("problem" in bytes) throw new PlaylistError(bytes.problem);
      const written = readPlaylist(playlist.path, bytes);
      title = written.title;
      if (written.kind === "query") {
        content = { query: written.query };
        remarks = written.remarks;
      } else {
        const found = await this.#find(written.entries, playlist, true);
        content = sorted(written.entries, found);
      }
    } catch (error) {
      if (!(error instanceof PlaylistError)) throw error;
      content = { problem: error.message };
    }
    await this.#decide(playlist, content, { title, remarks });
  }

  /** The bytes of a playlist, or what is wrong with it. */
  async #bytes(
    { file, origin: id }: KnownPlaylist,
  ): Promise<Uint8Array | { readonly problem: string } | "later" | "away"> {
    const { origins, queries, signal, logger } = this.#parts;
    const origin = origins.get(id)?.origin;
    const state = queries().file(file);
    if (origin === undefined || state === undefined) return "later";
    try {
      const options = { version: versionOf(state), isBackground: true, signal };
      return await readBytes(origin, state.path, 0, PLAYLIST_BYTES_MAX + 1, options);
    } catch (error) {
      signal.throwIfAborted();
      // The next scan finds it as it is now.
      if (error instanceof OriginChanged || error instanceof OriginNotFound) return "later";
      if (error instanceof OriginUnreachable) return "away";
      if (error instanceof OriginRefused) return { problem: `it can't be read: ${error.message}` };
      logger.warn(`Cannot read the ${shown(id, state.path)}: ${messageOf(error)}`);
      return "later";
    }
  }

  /** Looks once more for the entries that meant no track. */
  async #seek(playlist: KnownPlaylist, isThorough: boolean, away: Set<string>): Promise<void> {
    const entries = playlist.sought.map(({ text, raw = null }) => ({ text, raw }));
    let found: (TrackId | undefined)[];
    try {
      found = await this.#find(entries, playlist, isThorough);
    } catch (error) {
      if (error instanceof PlaylistError) return;
      throw error;
    }
    if (found.every((track) => track === undefined)) return;
    // The name of its collection is not known yet.
    if (playlist.collection === null) return await this.#read(playlist, away);
    const { playlists, collections } = this.#parts.queries();
    const now = playlists.get(playlist.file);
    // A person may have changed the collection meanwhile.
    if (now?.found !== playlist.found || now.collection !== playlist.collection) return;
    const list = collections.tracks(playlist.collection);
    await this.#decide(now, completed(list, now, found), { title: null, remarks: [] });
  }

  async #decide(
    { file, found }: KnownPlaylist,
    content: PlaylistContent,
    { title, remarks }: { readonly title: string | null; readonly remarks: readonly string[] },
  ): Promise<void> {
    const { queries, append, logger } = this.#parts;
    const now = queries().playlists.get(file);
    if (now?.found !== found) return;
    const { events, collection, problem } = deciding(queries().collections, now, content, title);
    await append(events);
    const where = shown(now.origin, now.path);
    if (problem !== undefined) return logger.warn(`Cannot use the ${where}: ${printable(problem)}`);
    const { missing = 0, sought = [] } = "tracks" in content ? content : {};
    const first = sought[0]?.text ?? "";
    const left = missing === 0
      ? []
      : [`${plural(missing, "entry", "entries")} without a track, first ${printable(cut(first))}`];
    const what = collection === undefined
      ? "has no tracks"
      : `is the collection ${printable(collection)}`;
    logger.info([`${where} ${what}`, ...left, ...remarks].join("; "));
  }

  #find(
    entries: readonly PlaylistEntry[],
    { origin, path }: KnownPlaylist,
    isThorough: boolean,
  ): Promise<(TrackId | undefined)[]> {
    const directory = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    return findEntries(entries, { origin, directory }, this.#known(isThorough));
  }

  #known(isThorough: boolean): KnownFiles {
    const { queries, signal } = this.#parts;
    return {
      at: (origin, path) => queries().playlists.trackAt(origin, path),
      roots: () =>
        queries().origins().filter(({ configured, root }) => configured && root.startsWith("/"))
          .map(({ id, root }) => ({ origin: id, root })),
      async *named(folded): AsyncIterable<KnownFile> {
        if (!isThorough) return;
        const slices = new TimeSlices(SLICE_MS);
        for (const files of queries().playlists.named(folded)) {
          yield* files;
          await slices.pause();
          signal.throwIfAborted();
        }
      },
    };
  }
}

function shown(origin: string, path: string): string {
  return `playlist ${printable(path)} of ${origin}`;
}

function cut(text: string): string {
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
}
