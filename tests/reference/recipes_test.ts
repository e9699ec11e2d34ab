/**
 * Random recipes read at random places, checked against their plain bytes: segments of inline bytes, of local files, of
 * files that the engine fetches and of objects in the store. Meanwhile origins go away, the engine fails, answers late
 * or with less than requested, and stored parts are evicted. Every read gives the right bytes or an error, and an error
 * is allowed only where nobody could have the bytes.
 *
 * MUSICFS_TEST_SEED repeats a run, MUSICFS_TEST_ROUNDS changes its length.
 */
import assert from "node:assert/strict";
import type { FileLocation } from "../../projections/tree/tree_types.ts";
import { randomNumbers } from "../../scripts/audio/bytes.ts";
import { bytesFromString, FileSystemError } from "../../src/base/mod.ts";
import { nameOf } from "../../src/cache/store/mod.ts";
import { closeFile, fileVersion, openFile } from "../../src/posix/mod.ts";
import { Recipe, type Segment } from "../../src/segments/mod.ts";
import { LibraryFileSystem } from "../../src/vfs/mod.ts";
import { FakeCache } from "../support/fake_cache.ts";
import { MemoryTree } from "../support/memory_tree.ts";
import { readFully } from "../support/read_fully.ts";
import { RecipeBranch } from "../support/recipe_branch.ts";
import { noise } from "../support/remote_library.ts";

const ROUNDS = Number(Deno.env.get("MUSICFS_TEST_ROUNDS") ?? 30);
const SEED = Number(Deno.env.get("MUSICFS_TEST_SEED") ?? Date.now() % 1_000_000);

const FILES = 3;
const FILE_BYTES_MAX = 300_000;
const SEGMENTS_MAX = 12;
const READS = 40;
const READS_AT_ONCE = 4;
/** A read gives up when its bytes are gone three times: so many answers come for all reads before they are gone again. */
const KEPT_MIN = 4 * READS_AT_ONCE;
const NODE = RecipeBranch.FILE;

/** The state of everything that provides bytes. */
type Weather =
  /** All answer, at once or late, and shared memory may be gone again. */
  | "well"
  /** The engine fails, is gone, or has fewer bytes at hand than requested. */
  | "engine fails"
  /** Every part is stored, and nobody answers. */
  | "all stored"
  /** The root of the local files is gone. */
  | "root gone";
const WEATHERS: readonly Weather[] = ["well", "engine fails", "all stored", "root gone"];

/** The provider of a segment's bytes, which decides whether a read may fail. */
type Giver = "inline" | "object" | "local alone" | "local with a copy" | "remote";

interface Piece {
  readonly giver: Giver;
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

class World implements Disposable {
  readonly #root = Deno.makeTempDirSync();
  readonly #tree = new MemoryTree();
  readonly #cache = new FakeCache();
  readonly #random: (below: number) => number;
  readonly #files: { giver: Giver; location: FileLocation; bytes: Uint8Array<ArrayBuffer> }[] = [];
  #weather: Weather = "well";
  #weatherBefore: Weather = "well";
  /** Answers of the engine since shared memory was last gone before it was read. */
  #answersKept = 0;
  /** Set once the root was gone: from then on local files that have a copy may be read from the copy. */
  #wasRootGone = false;
  readonly #branch = new RecipeBranch();
  readonly fs: LibraryFileSystem;

  constructor(random: (below: number) => number) {
    this.#random = random;
    this.fs = new LibraryFileSystem(this.#tree, {
      onDrift: ({ path }) => assert.fail(`${path} is what it was`),
      cache: this.#cache,
      branches: [this.#branch.branch],
    });
    this.#cache.answer = async (range) => {
      const fails = this.#weather === "all stored" ||
        (this.#weather === "engine fails" && this.#random(2) === 0);
      for (let turns = this.#random(3); turns > 0; turns--) {
        await new Promise((resolve) => setTimeout(resolve));
      }
      if (fails && this.#random(2) === 0) throw new Error("there is no engine");
      if (fails) return { errno: "EIO", message: "the origin is away" };
      const isShort = this.#weather === "engine fails" && this.#random(3) === 0;
      const to = isShort ? range.from + Math.ceil((range.to - range.from) / 2) : range.to;
      const reply = this.#cache.share({ ...range, to }, `shared ${this.#cache.fetches.length}`);
      this.#answersKept++;
      if (this.#weather === "well" && this.#answersKept > KEPT_MIN && this.#random(10) === 0) {
        // The memory is gone before it is read; after another request it is there.
        this.#cache.letGo();
        this.#answersKept = 0;
      }
      return reply;
    };
  }

  async fill(): Promise<void> {
    for (let i = 0; i < FILES; i++) {
      for (const giver of ["local alone", "local with a copy", "remote"] as const) {
        const bytes = noise(1 + this.#random(FILE_BYTES_MAX), this.#random(1e6));
        const path = `${giver} ${i}`;
        const file = this.#tree.addFile(path, this.#place(giver, path, bytes));
        if (giver !== "local alone") this.#cache.files.set(file, bytes);
        this.#files.push({ giver, location: this.#tree.location(file)!, bytes });
        if (giver === "remote" && this.#random(2) === 0) await this.#store(file, bytes.length);
      }
    }
  }

  #place(giver: Giver, path: string, bytes: Uint8Array<ArrayBuffer>) {
    const size = bytes.length;
    if (giver === "remote") {
      return { root: "s3://b", path, kind: "s3" as const, size, mtime_s: 1, mtime_ns: 0 };
    }
    Deno.writeFileSync(`${this.#root}/${path}`, bytes);
    const fd = openFile(bytesFromString(`${this.#root}/${path}`), 0);
    const version = fileVersion(fd);
    closeFile(fd);
    return { root: this.#root, path, others: giver === "local alone" ? 0 : 1, ...version };
  }

  async #store(file: number, size: number): Promise<void> {
    const length = 5_000 + this.#random(60_000);
    this.#tree.setParts(file, await this.#cache.put(file, 0, size, length));
    await this.fs.treeChanged();
  }

  /** A random recipe: the bytes that it must read as, and the provider of each piece. */
  async draw(): Promise<{ plain: Uint8Array<ArrayBuffer>; pieces: Piece[] }> {
    const segments: Segment<FileLocation>[] = [];
    const pieces: Piece[] = [];
    let size = 0;
    for (let count = 1 + this.#random(SEGMENTS_MAX); count > 0; count--) {
      const kind = this.#random(4);
      const { giver, location, bytes: all } = this.#files[this.#random(this.#files.length)]!;
      const bytes = kind < 2 ? noise(1 + this.#random(20_000), this.#random(1e6)) : all;
      const from = this.#random(bytes.length);
      const to = from + 1 + this.#random(bytes.length - from);
      const piece = kind === 0 ? bytes : bytes.subarray(from, to);
      pieces.push({
        giver: kind === 0 ? "inline" : kind === 1 ? "object" : giver,
        ...{ from: size, to: size + piece.length, bytes: piece },
      });
      size += piece.length;
      if (kind === 0) segments.push({ kind: "bytes", bytes });
      else if (kind === 1) {
        const hash = await nameOf(bytes);
        this.#cache.store.put(hash, bytes);
        segments.push({ kind: "object", hash, size: bytes.length, from, to });
      } else segments.push({ kind: "file", file: location, from, to });
    }
    const recipe = new Recipe(segments);
    assert.equal(recipe.size, size);
    this.#branch.make(1, recipe);
    const plain = new Uint8Array(size);
    for (const { from, bytes } of pieces) plain.set(bytes, from);
    return { plain, pieces };
  }

  async change(weather: Weather): Promise<void> {
    if (this.#weather === "root gone") Deno.renameSync(`${this.#root} gone`, this.#root);
    this.#weatherBefore = this.#weather;
    this.#weather = weather;
    if (weather === "root gone") this.#wasRootGone = true;
    if (weather === "root gone") Deno.renameSync(this.#root, `${this.#root} gone`);
    for (const { giver, location: { file, size } } of this.#files) {
      if (weather === "all stored" && giver !== "local alone") await this.#store(file, size);
      // Some stored parts are evicted; the tree may or may not know it yet.
      if (weather === "well" && giver === "remote" && this.#random(3) === 0) {
        const { content } = this.#tree.location(file)!;
        for (const part of this.#tree.storedParts(file, content, 0, size, 100)) {
          if (this.#random(2) === 0) this.#cache.store.remove(part.hash);
        }
        if (this.#random(2) === 0) this.#tree.setParts(file, []);
        await this.fs.treeChanged();
      }
    }
  }

  /**
   * Whether a read may fail once: it shares an open that a read before began, which may have found the root gone, and
   * have failed by another of its segments before that was known.
   */
  mayFailOnce(givers: readonly Giver[]): boolean {
    return this.#weatherBefore === "root gone" && givers.includes("local alone");
  }

  /** Whether a read that touches pieces of these providers may fail. */
  mayFail(givers: readonly Giver[]): boolean {
    switch (this.#weather) {
      case "engine fails":
        return givers.includes("remote") ||
          (this.#wasRootGone && givers.includes("local with a copy"));
      case "root gone":
        return givers.includes("local alone");
      default:
        return false;
    }
  }

  [Symbol.dispose]() {
    this.#cache[Symbol.dispose]();
    Deno.removeSync(this.#root, { recursive: true });
  }
}

Deno.test("random recipes read as their plain bytes, or fail where nobody has the bytes", async () => {
  console.log(`MUSICFS_TEST_SEED=${SEED} MUSICFS_TEST_ROUNDS=${ROUNDS} repeats this run`);
  const random = randomNumbers(SEED);
  let errors = 0;
  let reads = 0;
  for (let round = 0; round < ROUNDS; round++) {
    using world = new World(random);
    await world.fill();
    const { plain, pieces } = await world.draw();
    const opened = await world.fs.open(NODE);
    for (const weather of [...WEATHERS].sort(() => random(3) - 1)) {
      await world.change(weather);
      for (let i = 0; i < READS / READS_AT_ONCE; i++) {
        await Promise.all(Array.from({ length: READS_AT_ONCE }, async () => {
          const offset = random(plain.length + 10);
          const length = 1 + random(random(2) === 0 ? 5_000 : 131_072);
          const where = `seed ${SEED}, round ${round}, ${weather}: ${offset} + ${length}`;
          reads++;
          const read = async () => {
            const bytes = await readFully(world.fs, opened.handle, offset, length);
            assert.ok(
              equal(bytes, plain.subarray(offset, offset + length)),
              `${where}: other bytes than there are`,
            );
          };
          try {
            await read();
          } catch (error) {
            if (!(error instanceof FileSystemError)) throw error;
            errors++;
            const touched = pieces
              .filter(({ from, to }) => from < offset + length && offset < to)
              .map(({ giver }) => giver);
            assert.equal(error.errno, "EIO", where);
            if (world.mayFail(touched)) return;
            assert.ok(world.mayFailOnce(touched), `${where} (${touched}): ${error.message}`);
            await read();
          }
        }));
      }
    }
    await world.change("well");
    assert.ok(
      equal(await readFully(world.fs, opened.handle, 0, plain.length), plain),
      "all is well again",
    );
    world.fs.release(opened.handle);
    assert.equal(world.fs.openFiles, 0);
  }
  console.log(`${reads} reads, ${errors} of them failed`);
});

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
