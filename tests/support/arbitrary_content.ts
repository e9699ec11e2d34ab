import fc from "fast-check";
import type { Chunk, MusicEvent, ObservedFile } from "../../events/mod.ts";
import { FIRST_FILE_ID } from "../../src/base/mod.ts";
import {
  adopted,
  corrupted,
  evicted,
  partsCompared,
  pinned,
  played,
  stored,
  transferred,
  unpinned,
  used,
} from "./content_events.ts";
import { isOfCache } from "./projection_spec.ts";
import { configured, gone, observed } from "./music_events.ts";
import { type Plain } from "./plain_ids.ts";

const LENGTHS = [0, 1, 10_000, 25_000, 70_000];
const QUERIES = ["a", "b", "c"];
const FILES = 5;

/** Makes an event. `versionOf` returns the versions that the files had before. */
type Step = (versionOf: (file: number, nth: number) => number) => MusicEvent;

/**
 * Arbitrary events about one origin: files come, change, go and return. Versions of them, and versions that never
 * existed, are stored in overlapping pieces, evicted, found corrupt, used, played and pinned. The test appends each
 * event by itself to the log of its kind, so that the first has position 1.
 */
export function arbitraryContent(): fc.Arbitrary<MusicEvent[]> {
  const step = fc.oneof(
    { weight: 3, arbitrary: observe() },
    { weight: 1, arbitrary: file().map((it) => always(gone(1, it))) },
    { weight: 10, arbitrary: store() },
    { weight: 2, arbitrary: comparedParts() },
    { weight: 3, arbitrary: evict() },
    { weight: 2, arbitrary: chunk().map(({ hash }) => always(corrupted(hash))) },
    { weight: 3, arbitrary: file().map((track) => always(played(track))) },
    { weight: 2, arbitrary: pin() },
    { weight: 1, arbitrary: transfer() },
    { weight: 2, arbitrary: fc.array(file(), { maxLength: 3 }).map((it) => always(used(...it))) },
    {
      weight: 1,
      arbitrary: fc.constant(always({ type: "OriginRemoved", v: 1, data: { origin: "local" } })),
    },
  );
  return fc.array(step, { minLength: 1, maxLength: 60 }).map((steps) => {
    const versions = new Map<number, number[]>();
    const versionOf = (file: number, nth: number) => versions.get(file)?.at(nth) ?? 1;
    const events = [configured("local", "/srv/music")];
    let position = 1;
    for (const step of steps) {
      const event = step(versionOf);
      events.push(event);
      if (!isOfCache(event)) position++;
      if (event.type === "PartsCompared" && !event.data.alike) {
        const { file } = event.data;
        versions.set(file, [...versions.get(file) ?? [], position]);
      }
      if (event.type !== "FilesObserved") continue;
      for (const { file } of event.data.files) {
        versions.set(file, [...versions.get(file) ?? [], position]);
      }
    }
    return events;
  });
}

function always(event: MusicEvent): Step {
  return () => event;
}

function file(): fc.Arbitrary<number> {
  return fc.integer({ min: FIRST_FILE_ID, max: FIRST_FILE_ID + FILES - 1 });
}

function observe(): fc.Arbitrary<Step> {
  const one: fc.Arbitrary<Plain<ObservedFile>> = fc.record({
    file: file(),
    path: fc.constantFrom("a.flac", "b/c.flac"),
    size: fc.constantFrom(50_000, 200_000),
    mtime_s: fc.constantFrom(5, 6),
    mtime_ns: fc.constant(0),
    format: fc.constant("flac" as const),
    etag: fc.constantFrom("e", "f"),
    audio: fc.constantFrom("aa", "bb"),
    audio_start: fc.constantFrom(0, 20_000),
    audio_end: fc.constantFrom(100_000, 190_000, 300_000),
  }, { requiredKeys: ["file", "path", "size", "mtime_s", "mtime_ns"] });
  return fc.uniqueArray(one, { minLength: 1, maxLength: 3, selector: (it) => it.file })
    .map((files) => always(observed(1, ...files)));
}

/** Chunks with few names; nearly every name stands for a single length. */
function chunk(): fc.Arbitrary<Chunk> {
  return fc.tuple(fc.nat(2), fc.constantFrom(...LENGTHS), fc.nat(20)).map(([n, length, odd]) => (
    { hash: `${n}${length}`.padEnd(64, "0"), length: odd === 0 ? length + 1 : length }
  ));
}

function version(): fc.Arbitrary<{ file: number; nth: number }> {
  return fc.record({ file: file(), nth: fc.constantFrom(-1, -1, -1, 0, 1) });
}

function store(): fc.Arbitrary<Step> {
  return fc.record({
    at: version(),
    offset: fc.constantFrom(0, 0, 20_000, 40_000, 100_000),
    chunks: fc.array(chunk(), { maxLength: 6 }),
    tell: fc.constantFrom(stored, stored, adopted),
  }).map(({ at: { file, nth }, offset, chunks, tell }): Step => (versionOf) =>
    tell(file, versionOf(file, nth), offset, ...chunks)
  );
}

function comparedParts(): fc.Arbitrary<Step> {
  return fc.record({ at: version(), alike: fc.constantFrom(true, true, false) })
    .map(({ at: { file, nth }, alike }): Step => (versionOf) =>
      partsCompared(file, versionOf(file, nth), alike)
    );
}

function evict(): fc.Arbitrary<Step> {
  return fc.record({
    part: fc.constantFrom("content" as const, "all" as const),
    of: fc.array(version(), { maxLength: 3 }),
  }).map(({ part, of }): Step => (versionOf) =>
    evicted(part, ...of.map(({ file, nth }) => ({ file, version: versionOf(file, nth) })))
  );
}

function pin(): fc.Arbitrary<Step> {
  return fc.record({
    pins: fc.constantFrom(pinned, unpinned),
    query: fc.constantFrom(...QUERIES),
    tracks: fc.array(file(), { maxLength: 4 }),
  }).map(({ pins, query, tracks }) => always(pins(query, ...tracks)));
}

function transfer(): fc.Arbitrary<Step> {
  return fc.record({ origin: fc.constantFrom("local", "nas"), bytes: fc.nat(1_000_000) })
    .map(({ origin, bytes }) => always(transferred(origin, bytes)));
}
