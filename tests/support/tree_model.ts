import type { ObservedFile, StoredEvent } from "../../events/mod.ts";
import { FALLBACK_TEMPLATE, Template, type TrackNames, trackNames } from "../../projections/mod.ts";

interface Live extends ObservedFile {
  readonly origin: string;
}

interface Totals {
  tracks: number;
  albums: number;
  artists: number;
  bytes: number;
  unreadable: number;
}

type Time = readonly [seconds: number, nanoseconds: number];

interface Entry {
  /** Number of a file, 0 for a directory. */
  readonly file: number;
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
 * The tree that a log describes, the slow and plain way: after every event all names are worked out from the files
 * that are there, and the times of directories by comparing the listing before with the one after.
 */
export function modelOf(events: readonly StoredEvent[]): { tree: string[]; totals: Totals } {
  const files = new Map<number, Live>();
  const times = new Map<string, DirectoryTime>([["", { time: [0, 0], born: undefined }]]);
  let template = new Template(FALLBACK_TEMPLATE);
  let before = listingOf(files, template);
  for (const event of events) {
    const seen = fold(files, event);
    const next = event.type === "TemplateChanged" ? parsed(event.data.template) : undefined;
    const replaced = next !== undefined && next.text !== template.text && before.get("")!.size > 0;
    template = next ?? template;
    const after = listingOf(files, template);
    moveTimes(times, before, after, event, replaced);
    for (const [path, entries] of after) {
      for (const { file } of entries.values()) {
        if (file === 0 || !(replaced || seen.has(file))) continue;
        const { mtime_s, mtime_ns } = files.get(file)!;
        raise(times.get(path)!, [mtime_s, mtime_ns]);
      }
    }
    for (const path of [...times.keys()].sort((a, b) => depth(b) - depth(a))) {
      if (path !== "") raise(times.get(parentOf(path))!, times.get(path)!.time);
    }
    before = after;
  }
  return { tree: told(files, before, times), totals: totalsOf([...files.values()]) };
}

/** Applies an event to the files; returns those it looked at. */
function fold(files: Map<number, Live>, event: StoredEvent): Set<number> {
  const seen = new Set<number>();
  if (event.type === "FilesObserved") {
    for (const file of event.data.files) {
      files.set(file.file, { ...file, origin: event.data.origin });
      seen.add(file.file);
    }
  } else if (event.type === "FilesRemoved") {
    for (const file of event.data.files) files.delete(file);
  } else if (event.type === "OriginRemoved") {
    for (const { file, origin } of [...files.values()]) {
      if (origin === event.data.origin) files.delete(file);
    }
  }
  return seen;
}

function parsed(text: string): Template | undefined {
  try {
    return new Template(text);
  } catch {
    return undefined;
  }
}

function listingOf(files: Map<number, Live>, template: Template): Listing {
  const listing: Listing = new Map([["", new Map()]]);
  const claims: { directory: string; wanted: string; file: number }[] = [];
  for (const file of [...files.values()].sort((a, b) => a.file - b.file)) {
    if (file.format === undefined) continue;
    const { directory, name } = template.place({ names: namesOf(file), format: file.format });
    claims.push({ directory, wanted: name, file: file.file });
    for (let path = directory; path !== ""; path = parentOf(path)) {
      if (!listing.has(path)) listing.set(path, new Map());
      const name = path.slice(path.lastIndexOf("/") + 1);
      const parent = listing.get(parentOf(path)) ?? new Map<string, Entry>();
      listing.set(parentOf(path), parent.set(name, { file: 0, wanted: name }));
    }
  }
  for (const { directory, wanted, file } of claims) {
    const entries = listing.get(directory)!;
    const [, stem, extension] = /^(.+?)(\.[A-Za-z0-9]{1,8})?$/s.exec(wanted)!;
    let name = wanted;
    for (let n = 2; entries.has(name); n++) name = `${stem} (${n})${extension ?? ""}`;
    entries.set(name, { file, wanted });
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
    [...one].every(([name, { file, wanted }]) => {
      const entry = other.get(name);
      return entry?.file === file && entry.wanted === wanted;
    });
}

function raise(directory: DirectoryTime, time: Time): void {
  const [s, ns] = directory.time;
  if (time[0] > s || (time[0] === s && time[1] > ns)) directory.time = time;
}

function told(
  files: Map<number, Live>,
  listing: Listing,
  times: Map<string, DirectoryTime>,
): string[] {
  const lines: string[] = [];
  for (const [path, entries] of listing) {
    lines.push(`${path}/  ${times.get(path)!.time.join(".")}`);
    for (const [name, { file }] of entries) {
      if (file === 0) continue;
      const { size, mtime_s, mtime_ns } = files.get(file)!;
      lines.push(`${path && `${path}/`}${name} ${file} ${size} ${mtime_s}.${mtime_ns}`);
    }
  }
  return lines.sort();
}

function totalsOf(files: Live[]): Totals {
  const tracks = files.filter((file) => file.format !== undefined);
  const names = tracks.map(namesOf);
  const artists = names.map(({ artist }) => artist).filter((name) => name !== "");
  const albums = names.filter(({ album }) => album !== "")
    .map(({ album, albumartist, artist }) => JSON.stringify([albumartist || artist, album]));
  return {
    tracks: tracks.length,
    albums: new Set(albums).size,
    artists: new Set(artists).size,
    bytes: tracks.reduce((sum, { size }) => sum + size, 0),
    unreadable: files.length - tracks.length,
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
