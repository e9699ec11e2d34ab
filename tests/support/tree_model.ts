import type { ObservedFile, StoredEvent } from "../../events/mod.ts";
import { foldCase } from "../../src/base/mod.ts";
import {
  FALLBACK_TEMPLATE,
  Template,
  type TrackNames,
  trackNames,
  type ViewRules,
} from "../../projections/mod.ts";
import { type Copy, TrackModel } from "./track_model.ts";

/** The copy that the tree shows of each track, by the track's number. */
type Tracks = ReadonlyMap<number, Copy>;

interface Totals {
  tracks: number;
  albums: number;
  artists: number;
  bytes: number;
  unreadable: number;
}

type Time = readonly [seconds: number, nanoseconds: number];

interface Entry {
  /** The number of a track; 0 for a directory. */
  readonly track: number;
  readonly wanted: string;
}

/** What places tracks: the template, and whether directories whose names differ by case alone are one. */
interface Placing {
  readonly template: Template;
  readonly folds: boolean;
}

/** Directories by path ("" for the root), each with its entries by name. */
type Listing = Map<string, Map<string, Entry>>;

interface DirectoryTime {
  time: Time;
  /** The scan that made the directory, or a negative event position. */
  born: number | undefined;
}

/**
 * The tree that a log describes, computed in the slow and plain way: after every event all names are derived from the
 * present tracks, and the times of directories from the difference between two listings.
 */
export function modelOf(
  events: readonly StoredEvent[],
): { tree: string[]; views: string[]; totals: Totals; copies: number[][] } {
  const model = new TrackModel();
  const times = new Map<string, DirectoryTime>([["", { time: [0, 0], born: undefined }]]);
  let placing: Placing = { template: new Template(FALLBACK_TEMPLATE), folds: false };
  let tracks: Tracks = new Map();
  /** For each track, the event that made it what and where it is, with its time. */
  const brought = new Map<number, { copy: Copy; place: string; at: Time }>();
  let before = listingOf(tracks, placing);
  for (const event of events) {
    model.fold(event);
    tracks = model.primaries();
    const next = event.type === "TemplateChanged" ? parsed(event.data) : undefined;
    const replaced = next !== undefined && !isSame(next, placing) && before.get("")!.size > 0;
    placing = next ?? placing;
    const after = listingOf(tracks, placing);
    const keyOf = placing.folds ? foldCase : (path: string) => path;
    moveTimes(times, before, after, event, replaced, keyOf);
    const at = timeOf(event);
    for (const track of brought.keys()) if (!tracks.has(track)) brought.delete(track);
    for (const [track, copy] of tracks) {
      const { directory, name } = placeOf(copy, placing.template);
      const place = `${keyOf(directory)}/${name}`;
      const known = brought.get(track);
      const isAsItWas = !replaced && known?.place === place && isSameContent(known.copy, copy);
      if (!isAsItWas) brought.set(track, { copy, place, at });
    }
    for (const [path, entries] of after) {
      for (const { track } of entries.values()) {
        if (track === 0) continue;
        const { copy: { mtime_s, mtime_ns }, at } = brought.get(track)!;
        raise(times.get(path)!, earlier([mtime_s, mtime_ns], at));
      }
    }
    for (const path of [...times.keys()].sort((a, b) => depth(b) - depth(a))) {
      if (path !== "") raise(times.get(parentOf(path))!, times.get(path)!.time);
    }
    before = after;
  }
  const rules = events.findLast(({ type }) => type === "ViewsChanged");
  return {
    tree: told(tracks, before, times),
    views: rules?.type === "ViewsChanged" ? viewsOf(rules.data, tracks) : [],
    totals: totalsOf([...tracks.values()], model.files()),
    copies: [...tracks.keys()].sort((a, b) => a - b)
      .map((track) => [track, ...model.copies(track).map(({ file }) => file)]),
  };
}

/** What a query of a view means; undefined for one that is none of a view. */
function matcherOf(match: string): ((copy: Copy) => boolean) | undefined {
  switch (match) {
    case "":
      return () => true;
    case "year:1999":
      return (copy) => namesOf(copy).year === 1999;
    case "-year:1999":
      return (copy) => namesOf(copy).year !== 1999;
    case "size:>1":
      return ({ size }) => size > 1;
    case "origin:nas":
      return ({ origin }) => origin === "nas";
    case "label:a":
      return ({ details }) => details?.tags?.["label"] !== undefined;
  }
  return undefined;
}

/** The views as lines: a path, and of a file its number and size. */
function viewsOf({ views, names, fold_case }: ViewRules, tracks: Tracks): string[] {
  const lines: string[] = [];
  const taken = new Set<string>();
  for (const { name, match, template } of views) {
    const matches = matcherOf(match);
    const placing = parsed({ template, names, fold_case });
    if (matches === undefined || placing === undefined) continue;
    const [directory = ""] = new Template(`${name.replaceAll("/", "_")}/x`, names).place({
      ...{ names: trackNames({}, ""), format: "flac", tags: {}, details: () => ({}) },
    }).directory.split("/");
    if (directory === "" || taken.has(foldCase(directory))) continue;
    taken.add(foldCase(directory));
    const listing = listingOf(new Map([...tracks].filter(([, it]) => matches(it))), placing);
    for (const [path, entries] of listing) {
      const place = path === "" ? directory : `${directory}/${path}`;
      lines.push(`${place}/`);
      for (const [name, { track }] of entries) {
        if (track !== 0) lines.push(`${place}/${name} ${track} ${tracks.get(track)!.size}`);
      }
    }
  }
  return lines.sort();
}

function parsed(
  { template, names, fold_case }: Extract<StoredEvent, { type: "TemplateChanged" }>["data"],
): Placing | undefined {
  try {
    const folds = fold_case === true || names === "windows";
    return { template: new Template(template, names), folds };
  } catch {
    return undefined;
  }
}

function isSame(one: Placing, other: Placing): boolean {
  return one.folds === other.folds && one.template.text === other.template.text &&
    one.template.names === other.template.names;
}

/** The spelling of each directory, by its path in folded case: the one that most tracks use, or the first track's. */
function spellingsOf(spelled: readonly string[]): Map<string, string> {
  const votes = new Map<string, string[]>();
  for (const directory of spelled) {
    const names = directory.split("/");
    for (const [i, name] of names.entries()) {
      const key = foldCase(names.slice(0, i + 1).join("/"));
      votes.set(key, [...votes.get(key) ?? [], name]);
    }
  }
  const count = (all: string[], name: string) => all.filter((it) => it === name).length;
  return new Map(
    [...votes].map(([key, all]) => [
      key,
      all.reduce((best, name) => count(all, name) > count(all, best) ? name : best),
    ]),
  );
}

function placeOf(file: ObservedFile, template: Template) {
  return template.place({
    ...{ names: namesOf(file), format: file.format!, tags: file.tags ?? {} },
    details: () => file.details ?? {},
  });
}

function listingOf(tracks: Tracks, { template, folds }: Placing): Listing {
  const listing: Listing = new Map([["", new Map()]]);
  const placed = [...tracks].sort(([a], [b]) => a - b)
    .map(([track, file]) => ({ track, ...placeOf(file, template) }));
  const spellings = spellingsOf(placed.map(({ directory }) => directory));
  const claims = placed.map(({ directory: spelled, name: wanted, track }) => {
    const names = spelled.split("/");
    const directory = folds
      ? names.map((_, i) => spellings.get(foldCase(names.slice(0, i + 1).join("/")))).join("/")
      : spelled;
    return { directory, wanted, track };
  });
  for (const { directory } of claims) {
    for (let path = directory; path !== ""; path = parentOf(path)) {
      if (!listing.has(path)) listing.set(path, new Map());
      const name = path.slice(path.lastIndexOf("/") + 1);
      const parent = listing.get(parentOf(path)) ?? new Map<string, Entry>();
      listing.set(parentOf(path), parent.set(name, { track: 0, wanted: name }));
    }
  }
  const comparable = template.names === "windows" ? foldCase : (name: string) => name;
  const used = new Map(
    [...listing].map(([path, entries]) => [path, new Set([...entries.keys()].map(comparable))]),
  );
  for (const { directory, wanted, track } of claims) {
    const entries = listing.get(directory)!;
    const names = used.get(directory)!;
    const [, stem, extension] = /^(.+?)(\.[A-Za-z0-9]{1,8})?$/s.exec(wanted)!;
    let name = wanted;
    for (let n = 2; names.has(comparable(name)); n++) name = `${stem} (${n})${extension ?? ""}`;
    names.add(comparable(name));
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
  keyOf: (path: string) => string,
): void {
  const episode = "scan" in event.data ? event.data.scan : -event.seq;
  const at = timeOf(event);
  const former = new Map<string, DirectoryTime>();
  const listed = new Map([...before].map(([path, entries]) => [keyOf(path), entries]));
  for (const [path, own] of times) {
    const known = former.get(keyOf(path));
    // Two directories that become one keep the later time.
    if (known === undefined) former.set(keyOf(path), own);
    else raise(known, own.time);
  }
  times.clear();
  for (const [path, entries] of after) {
    const existed = former.get(keyOf(path));
    const own = existed ?? { time: [0, 0], born: episode };
    times.set(path, own);
    if (!sameEntries(listed.get(keyOf(path)), entries)) {
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

function isSameContent(one: Copy, other: Copy): boolean {
  return one.file === other.file && one.version === other.version && one.size === other.size &&
    one.mtime_s === other.mtime_s && one.mtime_ns === other.mtime_ns;
}

function timeOf({ at }: StoredEvent): Time {
  return [Math.floor(at / 1000), at % 1000 * 1_000_000];
}

function earlier(one: Time, other: Time): Time {
  return one[0] < other[0] || (one[0] === other[0] && one[1] < other[1]) ? one : other;
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
