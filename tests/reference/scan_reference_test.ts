/**
 * Random changes of an origin, scanned in every mode and cut off at random points. In the end the library equals the
 * origin, every file has one number, and a file that only moved or was tagged anew has kept its number.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { systemClock, toFileId } from "../../src/base/mod.ts";
import { directoryOf, MemoryOrigin, OriginUnreachable } from "../../src/origins/mod.ts";
import { scanOrigin, type ScanOutcome } from "../../src/scan/mod.ts";
import { fakeAudio, FakeReader } from "../support/fake_reader.ts";
import { MemoryLibrary } from "../support/memory_library.ts";

const DIRECTORIES = ["", "a", "a/b", "a/b/c", "d", "d/e", "zz"];
const NAMES = ["1.flac", "2.mp3", "3.ogg", "4.flac"];

type Change =
  | { kind: "add" | "remove" | "retag" | "replace" | "break"; path: string }
  | { kind: "move" | "copy"; path: string; to: string };
type Step =
  | { kind: "change"; changes: Change[] }
  /** A scan; when `cut` is set, it is cut off after that many appends. */
  | { kind: "scan"; mode: "changes" | "full"; cut: number | undefined }
  /** The scan that a watch would request after the changes since the last scan. */
  | { kind: "watch" }
  | { kind: "unreachable" }
  /** A scan of an origin that goes silent after `batches` batches of its listing and `jobs` jobs of its reader. */
  | { kind: "breaks"; mode: "changes" | "full"; batches: number; jobs: number; changes: Change[] }
  | { kind: "refused"; directory: string; changes: Change[] };

const path = fc.tuple(fc.constantFrom(...DIRECTORIES), fc.constantFrom(...NAMES))
  .map(([directory, name]) => directory === "" ? name : `${directory}/${name}`);
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constantFrom("add", "add", "remove", "retag", "replace", "break"), path }),
  fc.record({ kind: fc.constantFrom("move", "copy"), path, to: path }),
);
const changes = fc.array(change, { minLength: 1, maxLength: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("change"), changes }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("scan"),
      mode: fc.constantFrom("changes", "full"),
      cut: fc.option(fc.nat(3), { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.constant<Step>({ kind: "watch" }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: "unreachable" }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("breaks"),
      mode: fc.constantFrom("changes", "full"),
      batches: fc.nat(4),
      jobs: fc.nat(1),
      changes,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("refused"),
      directory: fc.constantFrom(...DIRECTORIES.slice(1)),
      changes,
    }),
  },
);

class World {
  readonly origin = new MemoryOrigin("local");
  readonly library = new MemoryLibrary();
  readonly reader = new FakeReader(this.origin);
  /** Directories that changed since they were last scanned. */
  readonly touched = new Set<string>();
  /** Files that a scan knows and that have only moved since: their number and former path, by present path. */
  readonly moved = new Map<string, { number: number; from: string }>();
  #sound = 0;
  #scan = 0;

  apply({ kind, path, ...rest }: Change): void {
    const { files } = this.origin;
    const to = "to" in rest ? rest.to : path;
    if (kind === "add" ? files.has(path) : !files.has(path)) return;
    if (to !== path && files.has(to)) return;
    const number = this.library.live().get(path)?.file;
    const [sound, title] = files.has(path) ? this.#content(path) : ["", ""];
    const wasMoved = this.moved.get(path);
    this.moved.delete(path);
    this.touched.add(directoryOf(path)).add(directoryOf(to));
    switch (kind) {
      case "add":
      case "replace":
        return this.#write(path, `sound ${this.#sound++}`, path);
      case "remove":
        return this.origin.remove(path);
      case "retag":
        if (wasMoved !== undefined) this.moved.set(path, wasMoved);
        return this.#write(path, sound, `${title}!`);
      case "break":
        return this.origin.write(path, new Uint8Array(3));
      case "move":
        if (to === path) return;
        this.origin.rename(path, to);
        if (wasMoved !== undefined) this.moved.set(to, wasMoved);
        else if (number !== undefined && this.#isScanned(number, sound)) {
          this.moved.set(to, { number, from: path });
        }
        return;
      case "copy":
        if (to !== path) this.#write(to, sound, title ?? "");
    }
  }

  /** Scans. A scan that is cut off stays open. */
  async scan(
    mode: "changes" | "full" | "directories",
    cut?: number,
    confirmed = true,
  ): Promise<ScanOutcome | undefined> {
    const { origin, library, reader } = this;
    const open = library.openScan;
    const abort = new AbortController();
    let appends = 0;
    const outcome = scanOrigin({
      origin,
      known: library,
      reader,
      append: async (events) => {
        if (appends++ === cut) abort.abort(new Error("Cut off"));
        abort.signal.throwIfAborted();
        await Promise.resolve();
        library.append(events);
      },
      nextFile: () => library.nextFile(),
      claimed: new Set(),
      clock: systemClock,
    }, {
      scan: open?.scan ?? ++this.#scan,
      mode,
      directories: [...this.touched],
      ...(open && { resume: { position: open.position } }),
      removalsHold: 0.25,
      removalsConfirmed: () => confirmed,
      signal: abort.signal,
    });
    try {
      return await outcome;
    } catch (error) {
      if (!abort.signal.aborted) throw error;
      return undefined;
    }
  }

  /** After a complete scan: asserts that the library equals the origin. */
  check(): void {
    const live = this.library.live();
    assert.deepEqual([...live.keys()].sort(), [...this.origin.files.keys()].sort());
    const numbers = new Set<number>();
    for (const [path, state] of live) {
      assert.ok(!numbers.has(state.file), `${path} shares a number`);
      numbers.add(state.file);
      const { size, mtime_s } = this.origin.files.get(path)!;
      assert.deepEqual([state.size, state.mtime_s], [size, mtime_s], path);
      const [sound, title] = this.#content(path);
      if (title === undefined) assert.ok(state.unreadable);
      else assert.deepEqual([state.audio, state.tags?.title], [sound, title]);
    }
  }

  /** Asserts that files that moved have kept their numbers, if no other file has or had their sound. */
  checkMoves(): void {
    for (const [path, { number, from }] of this.moved) {
      // Another file is at the old path now, and a number stays with its path.
      if (this.origin.files.has(from)) continue;
      const state = this.library.live().get(path);
      const alike = [...this.library.files.values()].filter(({ audio }) => audio === state?.audio);
      if (alike.length > 1) continue;
      assert.equal(state?.file, number, `${path} has another number than before it moved`);
    }
    this.moved.clear();
    this.touched.clear();
  }

  #isScanned(number: number, sound: string): boolean {
    return this.library.files.get(toFileId(number))?.audio === sound;
  }

  #write(path: string, sound: string, title: string): void {
    this.origin.write(path, fakeAudio(sound, title));
  }

  #content(path: string): [string, string | undefined] {
    const [sound, title] = new TextDecoder().decode(this.origin.files.get(path)!.bytes).split("|");
    return [sound!, title];
  }
}

/** Makes the origin go silent after `batches` batches and `jobs` jobs. Returns a function that undoes it. */
function breakAfter(
  { origin, reader }: World,
  { batches, jobs }: { batches: number; jobs: number },
): () => void {
  const [list, read] = [origin.list.bind(origin), reader.read.bind(reader)];
  const silence = () => new OriginUnreachable("Connection reset");
  origin.list = async function* (options) {
    let listed = 0;
    for await (const batch of list(options)) {
      if (listed++ === batches) throw silence();
      yield batch;
    }
  };
  let begun = 0;
  reader.read = (files) => begun++ === jobs ? Promise.reject(silence()) : read(files);
  return () => {
    origin.list = list;
    reader.read = read;
  };
}

async function run(world: World, step: Step): Promise<void> {
  switch (step.kind) {
    case "change":
      return step.changes.forEach((change) => world.apply(change));
    case "scan":
      if (await world.scan(step.mode, step.cut)) {
        world.check();
        world.checkMoves();
      } else {
        world.moved.clear();
      }
      return;
    case "watch":
      if (world.library.openScan !== undefined) return;
      await world.scan("directories");
      world.check();
      world.checkMoves();
      return;
    case "unreachable": {
      const before = [...world.library.live().keys()].sort();
      world.origin.unreachable = "Unplugged";
      assert.equal((await world.scan("changes"))?.outcome, "failed");
      world.origin.unreachable = undefined;
      assert.deepEqual([...world.library.live().keys()].sort(), before);
      return;
    }
    case "breaks": {
      step.changes.forEach((change) => world.apply(change));
      const before = new Set(world.library.live().values().map(({ file }) => file));
      const heal = breakAfter(world, step);
      const outcome = await world.scan(step.mode);
      heal();
      if (outcome?.outcome === "failed") {
        for (const { file } of world.library.live().values()) before.delete(file);
        assert.equal(before.size, 0, "an origin that went silent lost files");
      } else {
        world.check();
      }
      world.moved.clear();
      return;
    }
    case "refused": {
      const below = step.directory + "/";
      const before = [...world.library.live().values()].filter(({ path }) =>
        path.startsWith(below)
      );
      world.origin.unlisted.set(step.directory, "Permission denied");
      for (const change of step.changes) if (change.kind === "remove") world.apply(change);
      await world.scan("changes");
      world.origin.unlisted.clear();
      for (const { file, path } of before) {
        assert.ok(!world.library.files.get(file)?.removed, `${path} was hidden, not removed`);
      }
      world.moved.clear();
      return;
    }
  }
}

Deno.test("scans of a changing origin end with the library equal to it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
      const world = new World();
      for (const path of ["1.flac", "a/1.flac", "a/2.mp3", "a/b/c/1.flac", "d/e/3.ogg"]) {
        world.apply({ kind: "add", path });
      }
      for (const step of steps) await run(world, step);
      await world.scan("changes");
      world.check();
    }),
    { numRuns: 400 },
  );
});

Deno.test("a scan cut off after any append is completed as if it had never been cut off", async () => {
  await fc.assert(
    fc.asyncProperty(
      changes,
      changes,
      fc.array(fc.nat(4), { maxLength: 5 }),
      async (a, b, cuts) => {
        const [whole, cut] = [new World(), new World()];
        for (const world of [whole, cut]) {
          a.forEach((change) => world.apply(change));
          await world.scan("changes");
          b.forEach((change) => world.apply(change));
        }
        await whole.scan("full");
        for (const at of cuts) {
          if (await cut.scan("full", at)) break;
        }
        await cut.scan("full");
        const plain = ({ library }: World) =>
          [...library.live()].map(([path, { tags, audio, unreadable }]) => ({
            path,
            tags,
            audio,
            unreadable,
          }))
            .sort((x, y) => x.path < y.path ? -1 : 1);
        assert.deepEqual(plain(cut), plain(whole));
        cut.check();
      },
    ),
    { numRuns: 200 },
  );
});
