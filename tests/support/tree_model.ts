import type { ObservedFile, StoredEvent } from "../../events/mod.ts";
import { FALLBACK_TEMPLATE, Template, type TrackNames, trackNames } from "../../projections/mod.ts";
import { type Copy, TrackModel } from "./track_model.ts";

/** What the tree shows of each track, by its number. */
type Tracks = ReadonlyMap<number, ObservedFile>;

interface Totals {
  tracks: number;
  albums: number;
  artists: number;
  bytes: number;
  unreadable: number;
}

type Time = readonly [seconds: number, nanoseconds: number];

interface Entry {
  /** Number of a track, 0 for a directory. */
  readonly track: number;
  readonly wanted: string;
}

/** Directories by path ("" is the root), and their entries by name. */
type Listing = Map<string, Map<string, Entry>>;

interface DirectoryTime {
  time: Time;
  /** The scan that made it, or below 0 the event. */
  born: number | undefined;
}

/**
 * The tree that a log describes, the slow and plain way: after every event all names are worked out from the tracks
 * that are there, and the times of directories by comparing the listing before with the one after.
 */
export function modelOf(
  events: readonly StoredEvent[],
): { tree: string[]; totals: Totals; copies: number[][] } {
  const model = new TrackModel();
  const times = new Map<string, DirectoryTime>([["", { time: [0, 0], born: undefined }]]);
  let template = new Template(FALLBACK_TEMPLATE);
  let tracks: Tracks = new Map();
  let before = listingOf(tracks, template);
  for (const event of events) {
    model.fold(event);
    tracks = model.primaries();
    const next = event.type === "TemplateChanged" ? parsed(event.data.template) : undefined;
    const replaced = next !== undefined && next.text !== template.text && before.get("")!.size > 0;
    template = next ?? template;
    const after = listingOf(tracks, template);
    moveTimes(times, before, after, event, replaced);
    for (const [path, entries] of after) {
      for (const { track } of entries.values()) {
        if (track === 0) continue;
        const { mtime_s, mtime_ns } = tracks.get(track)!;
        raise(times.get(path)!, [mtime_s, mtime_ns]);
      }
    }
    for (const path of [...times.keys()].sort((a, b) => depth(b) - depth(a))) {
      if (path !== "") raise(times.get(parentOf(path))!, times.get(path)!.time);
    }
    before = after;
  }
  return {
    tree: told(tracks, before, times),
    totals: totalsOf([...tracks.values()], model.files()),
    copies: [...tracks.keys()].sort((a, b) => a - b)
      .map((track) => [track, ...model.copies(track).map(({ file }) => file)]),
  };
}

function parsed(text: string): Template | undefined {
  try {
    return new Template(text);
  } catch {
    return undefined;
  }
}

function listingOf(tracks: Tracks, template: Template): Listing {
  const listing: Listing = new Map([["", new Map()]]);
  const claims: { directory: string; wanted: string; track: number }[] = [];
  for (const [track, file] of [...tracks].sort(([a], [b]) => a - b)) {
    const { directory, name } = template.place({
      ...{ names: namesOf(file), format: file.format!, tags: file.tags ?? {} },
      details: () => file.details ?? {},
    });
    claims.push({ directory, wanted: name, track });
    for (let path = directory; path !== ""; path = parentOf(path)) {
      if (!listing.has(path)) listing.set(path, new Map());
      const name = path.slice(path.lastIndexOf("/") + 1);
      const parent = listing.get(parentOf(path)) ?? new Map<string, Entry>();
      listing.set(parentOf(path), parent.set(name, { track: 0, wanted: name }));
    }
  }
  for (const { directory, wanted, track } of claims) {
    const entries = listing.get(directory)!;
    const [, stem, extension] = /^(.+?)(\.[A-Za-z0-9]{1,8})?$/s.exec(wanted)!;
    let name = wanted;
    for (let n = 2; entries.has(name); n++) name = `${stem} (${n})${extension ?? ""}`;
    entries.set(name, { track, wanted });
  }
  return listing;
}

function moveTimes(
  times: Map<string, DirectoryTime>,
  before: Listing,
  after: Listing,
  event: StoredEvent,
  replaced: boolean,
): void {
  const episode = "scan" in event.data ? event.data.scan : -event.seq;
  const at: Time = [Math.floor(event.at / 1000), event.at % 1000 * 1_000_000];
  for (const path of [...times.keys()]) if (!after.has(path)) times.delete(path);
  for (const [path, entries] of after) {
    const existed = times.get(path);
    const own = existed ?? { time: [0, 0], born: episode };
    times.set(path, own);
    if (!sameEntries(before.get(path), entries)) {
      own.born ??= episode;
      if (own.born !== episode) raise(own, at);
    }
    if (replaced && existed) raise(own, at);
    if (replaced && path !== "") own.born = episode;
  }
}

function sameEntries(one: Map<string, Entry> | undefined, other: Map<string, Entry>): boolean {
  return one !== undefined && one.size === other.size &&
    [...one].every(([name, { track, wanted }]) => {
      const entry = other.get(name);
      return entry?.track === track && entry.wanted === wanted;
    });
}

function raise(directory: DirectoryTime, time: Time): void {
  const [s, ns] = directory.time;
  if (time[0] > s || (time[0] === s && time[1] > ns)) directory.time = time;
}

function told(
  tracks: Tracks,
  listing: Listing,
  times: Map<string, DirectoryTime>,
): string[] {
  const lines: string[] = [];
  for (const [path, entries] of listing) {
    lines.push(`${path}/  ${times.get(path)!.time.join(".")}`);
    for (const [name, { track }] of entries) {
      if (track === 0) continue;
      const { size, mtime_s, mtime_ns } = tracks.get(track)!;
      lines.push(`${path && `${path}/`}${name} ${track} ${size} ${mtime_s}.${mtime_ns}`);
    }
  }
  return lines.sort();
}

function totalsOf(tracks: ObservedFile[], files: Copy[]): Totals {
  const names = tracks.map(namesOf);
  const artists = names.map(({ artist }) => artist).filter((name) => name !== "");
  const albums = names.filter(({ album }) => album !== "")
    .map(({ album, albumartist, artist }) => JSON.stringify([albumartist || artist, album]));
  return {
    tracks: tracks.length,
    albums: new Set(albums).size,
    artists: new Set(artists).size,
    bytes: tracks.reduce((sum, { size }) => sum + size, 0),
    unreadable: files.filter(({ visible, removed }) => !visible && !removed).length,
  };
}

function namesOf(file: ObservedFile): TrackNames {
  return trackNames(file.tags ?? {}, file.path);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function depth(path: string): number {
  return path === "" ? 0 : path.split("/").length;
}
