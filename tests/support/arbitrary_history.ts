import fc from "fast-check";
import type { Likeness, MusicEvent, ObservedFile, OtherFile, TrackTags } from "../../events/mod.ts";
import { FIRST_FILE_ID, FIRST_OTHER_FILE_ID } from "../../src/base/mod.ts";
import { type Plain, withIds } from "./plain_ids.ts";

const ORIGINS = ["local", "nas", "bucket"];
const TEMPLATES = [
  "$artist/$album ($year) [$format_upper]/$track - $title.$format",
  "$artist/$title.$format",
  "$title.$format",
  "${albumartist|artist}/$album{ ($year)}/{$disc-}$track $title.$format",
  "$artist/$title",
  "{$artist/}{$album/}$title.$format",
  "not a $template",
  "$label/{${tag:x} }$title",
];
/** Queries of views: tree_model knows what they mean. Programs of another version wrote the last ones. */
const MATCHES = [
  "",
  "year:1999",
  "-year:1999",
  "size:>1",
  "origin:nas",
  "label:a",
  "played:never",
  "(",
];
const VIEW_NAMES = ["Songs", "songs", "A", "a/b", "CON", "..", " "];
/**
 * Few values, so that tracks meet. Among them are names that collide with numbering, directories and the naming
 * rules.
 */
const NAMES = [
  ...[
    "",
    "A",
    "a",
    "B",
    "b.",
    "CON",
    "con",
    "a?",
    "Straße",
    "STRASSE",
    "A (2)",
    "A (3)",
    "A (2) (2)",
    "A.flac",
    "a/b",
    "..",
    ".",
    " ",
    "\n",
    "e\u0301",
  ],
  ...["\uef80", "x".repeat(300), "\ud800"],
];

type Step =
  | { kind: "observe"; origin: number; files: Plain<ObservedFile>[] }
  | { kind: "remove"; origin: number; files: number[] }
  | { kind: "observeOthers"; origin: number; files: Omit<Plain<OtherFile>, "file">[] }
  /** Removes some of the present files, which `which` selects. */
  | { kind: "removeOthers"; origin: number; which: number[] }
  | { kind: "template"; data: Extract<MusicEvent, { type: "TemplateChanged" }>["data"] }
  | { kind: "views"; data: Extract<MusicEvent, { type: "ViewsChanged" }>["data"] }
  | { kind: "scan"; origin: number }
  | { kind: "configured"; origin: number; priority: number }
  | { kind: "originRemoved"; origin: number }
  | { kind: "compared"; pairs: ComparedPair[] }
  | { kind: "disproved"; file: number };

/** Two files to be compared, in their present or a former version. */
interface ComparedPair {
  readonly files: readonly [number, number];
  readonly alike: Likeness;
  /** How many versions back. */
  readonly age: number;
}

/**
 * An arbitrary log over three origins with much in common, whose priorities change: files come, change, move, go and
 * return.
 */
export function arbitraryHistory(): fc.Arbitrary<MusicEvent[]> {
  const origin = fc.nat(ORIGINS.length - 1);
  const template = fc.record({
    kind: fc.constant("template" as const),
    data: fc.record({
      template: fc.constantFrom(...TEMPLATES),
      names: fc.constantFrom("linux" as const, "windows" as const),
      fold_case: fc.boolean(),
    }, { requiredKeys: ["template"] }),
  });
  const views = fc.record({
    kind: fc.constant("views" as const),
    data: fc.record({
      views: fc.array(
        fc.record({
          name: fc.constantFrom(...VIEW_NAMES),
          match: fc.constantFrom(...MATCHES),
          template: fc.constantFrom(...TEMPLATES),
        }),
        { maxLength: 3 },
      ),
      names: fc.constantFrom("linux" as const, "linux" as const, "windows" as const),
      fold_case: fc.constantFrom(true, true, false),
    }),
  });
  const steps = fc.array(
    fc.oneof(
      { weight: 8, arbitrary: observe(origin) },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant("remove" as const),
          origin,
          files: fc.array(fc.integer({ min: FIRST_FILE_ID, max: FIRST_FILE_ID + 17 }), {
            minLength: 1,
            maxLength: 4,
          }),
        }),
      },
      { weight: 4, arbitrary: observeOthers() },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant("removeOthers" as const),
          origin,
          which: fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant("configured" as const),
          origin,
          priority: fc.integer({ min: -1, max: 2 }),
        }),
      },
      { weight: 1, arbitrary: template },
      { weight: 2, arbitrary: views },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("scan" as const), origin }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("originRemoved" as const), origin }) },
      { weight: 8, arbitrary: compared() },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant("disproved" as const), file: anyNumber() }),
      },
    ),
    { minLength: 1, maxLength: 40 },
  );
  return fc.tuple(template, steps).map(([first, rest]) => eventsOf([first, ...rest]));
}

function observe(origins: fc.Arbitrary<number>): fc.Arbitrary<Step> {
  return origins.chain((origin) =>
    fc.record({
      kind: fc.constant("observe" as const),
      origin: fc.constant(origin),
      files: fc.uniqueArray(file(origin), {
        minLength: 1,
        maxLength: 6,
        selector: (it) => it.file,
      }),
    })
  );
}

/** Files that are no music, beside the music and with the names of its directories. */
function observeOthers(): fc.Arbitrary<Step> {
  const other: fc.Arbitrary<Omit<Plain<OtherFile>, "file">> = fc.record({
    path: fc.tuple(
      fc.constantFrom("", "d/", "d/e/", "scans/", "Some One - Album/"),
      fc.constantFrom("cover.jpg", "rip.log", "d", "e", "scans"),
    ).map((parts) => parts.join("")),
    size: fc.nat(3),
    mtime_s: fc.constantFrom(1_000_000_000, 1_700_000_100, 3_786_825_600),
    mtime_ns: fc.constantFrom(0, 5),
    mode: fc.constantFrom(0o644, 0o600),
  });
  return fc.record({
    kind: fc.constant("observeOthers" as const),
    origin: fc.nat(ORIGINS.length - 1),
    files: fc.uniqueArray(other, { minLength: 1, maxLength: 5, selector: (it) => it.path }),
  });
}

function anyNumber(): fc.Arbitrary<number> {
  return fc.integer({ min: FIRST_FILE_ID, max: FIRST_FILE_ID + 17 });
}

function compared(): fc.Arbitrary<Step> {
  const pair = fc.record({
    files: fc.tuple(anyNumber(), anyNumber()),
    alike: fc.constantFrom("bytes" as const, "sound" as const, "nothing" as const),
    age: fc.constantFrom(0, 0, 0, 0, 1),
  });
  return fc.array(pair, { minLength: 1, maxLength: 5 })
    .map((pairs) => ({ kind: "compared" as const, pairs }));
}

/** A file number; every origin has numbers of its own. */
function number(origin: number): fc.Arbitrary<number> {
  return fc.nat(5).map((n) => FIRST_FILE_ID + n * ORIGINS.length + origin);
}

function file(origin: number): fc.Arbitrary<Plain<ObservedFile>> {
  const name = fc.oneof(
    fc.constantFrom("", "A", "a", "A.flac", "A (2)"),
    fc.constantFrom(...NAMES),
  );
  const tags: fc.Arbitrary<TrackTags> = fc.record({
    title: name,
    artist: name,
    album: fc.oneof(fc.constant("A"), name),
    albumartist: name,
    year: fc.constantFrom(0, 1999),
    compilation: fc.boolean(),
  }, { requiredKeys: [] });
  return fc.record({
    file: number(origin),
    path: fc.tuple(fc.constantFrom("", "d/", "d/e/", "d/CD1/", "Some One - Album/"), fc.nat(2))
      .map(([directory, n]) => `${directory}0${n} song.flac`),
    size: fc.nat(3),
    mtime_s: fc.constantFrom(1_000_000_000, 1_500_000_000, 1_700_000_100, 3_786_825_600),
    mtime_ns: fc.constantFrom(0, 5),
    tags,
    audio: fc.constantFrom(undefined, "aa", "bb", "cc"),
    etag: fc.constantFrom(undefined, "e1"),
    details: fc.constantFrom(
      undefined,
      {},
      { tags: { label: ["A"] } },
      { other: { "TXXX:x": "B" } },
      { pictures: [{ type: 3, mime: "image/jpeg", offset: 0, length: 1 }] },
      {
        pictures: [
          { type: 0, mime: "image/png", offset: 1, length: 1 },
          { type: 3, mime: "image/jpeg", offset: 0, length: 2 },
        ],
      },
    ),
    reread: fc.constantFrom(undefined, true),
    unreadable: fc.boolean(),
    reader: fc.constantFrom(undefined, 1, 1, 2),
  }).map(({ unreadable, audio, etag, reader, details, reread, ...rest }) => ({
    ...{ ...rest, ...(audio && { audio }), ...(etag && { etag }), ...(reader && { reader }) },
    ...{ ...(details && { details }), ...(reread && { reread }) },
    ...(unreadable && rest.size === 0 ? { unreadable: "it is empty" } : { format: "flac" }),
  }));
}

/** Gives numbers to files that are no music, as scans do: one for each path, and a new one when a file returns. */
class OtherNumbers {
  readonly #byPath = new Map<string, Map<string, number>>();
  #next = FIRST_OTHER_FILE_ID;

  numberAt(origin: string, path: string): number {
    const there = this.#of(origin);
    const number = there.get(path) ?? this.#next++;
    there.set(path, number);
    return number;
  }

  /** Removes the files at these indexes among all present ones; returns their numbers. */
  remove(origin: string, which: readonly number[]): number[] {
    const removed: number[] = [];
    for (const n of which) {
      const there = [...this.#of(origin)];
      if (there.length === 0) break;
      const [path, number] = there[n % there.length]!;
      this.#of(origin).delete(path);
      removed.push(number);
    }
    return removed;
  }

  removeAll(origin: string): void {
    this.#byPath.delete(origin);
  }

  #of(origin: string): Map<string, number> {
    const there = this.#byPath.get(origin) ?? new Map<string, number>();
    this.#byPath.set(origin, there);
    return there;
  }
}

/** The events of the steps; the first has position 1. */
function eventsOf(steps: Step[]): MusicEvent[] {
  let scan = 0;
  const versions = new Map<number, number[]>();
  const versionOf = (file: number, age: number) => versions.get(file)?.at(-1 - age) ?? 1;
  const others = new OtherNumbers();
  const plain = steps.map((step, i): Plain<MusicEvent> => {
    const origin = "origin" in step ? ORIGINS[step.origin]! : "";
    switch (step.kind) {
      case "observe":
        for (const { file } of step.files) versions.set(file, [...versions.get(file) ?? [], i + 1]);
        return {
          type: "FilesObserved",
          v: 1,
          data: { origin, scan, position: step.files[0]!.path, files: step.files },
        };
      case "remove":
        return { type: "FilesRemoved", v: 1, data: { origin, scan, files: step.files } };
      case "observeOthers":
        return {
          type: "OtherFilesObserved",
          v: 1,
          data: {
            ...{ origin, scan },
            files: step.files.map((it) => ({ ...it, file: others.numberAt(origin, it.path) })),
          },
        };
      case "removeOthers":
        return {
          type: "OtherFilesRemoved",
          v: 1,
          data: { origin, scan, files: others.remove(origin, step.which) },
        };
      case "template":
        return { type: "TemplateChanged", v: 1, data: step.data };
      case "views":
        return { type: "ViewsChanged", v: 1, data: step.data };
      case "scan":
        return { type: "ScanStarted", v: 1, data: { origin, scan: ++scan, mode: "full" } };
      case "configured":
        return {
          type: "OriginConfigured",
          v: 1,
          data: { origin, kind: "local", root: `/srv/${origin}`, priority: step.priority },
        };
      case "originRemoved":
        others.removeAll(origin);
        return { type: "OriginRemoved", v: 1, data: { origin } };
      case "compared":
        return {
          type: "CopiesCompared",
          v: 1,
          data: {
            comparisons: step.pairs.map(({ files: [file, other], alike, age }) => ({
              ...{ file, version: versionOf(file, age), other, other_version: versionOf(other, 0) },
              ...{ alike, ranges: [], shift: 0 },
            })),
            done: step.pairs.map(({ files: [file] }) => ({ file, version: versionOf(file, 0) })),
          },
        };
      case "disproved":
        return {
          type: "PartsCompared",
          v: 1,
          data: { file: step.file, version: versionOf(step.file, 0), by: "bytes", alike: false },
        };
    }
  });
  return withIds<MusicEvent[]>(plain);
}
