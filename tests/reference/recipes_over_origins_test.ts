/**
 * Random recipes over files of two unreliable origins, checked against their plain bytes. The fetcher, the store's
 * keeper, the log and the projections are the program's; only the origins and the chunks are in memory. Copies take
 * over from one another, both origins go away, files are tagged anew, evicted and removed. Every read gives the right
 * bytes or an error; an error is allowed only where a plain file gives one, and stored bytes must be read whichever
 * origin is away.
 *
 * MUSICFS_TEST_SEED repeats a run, MUSICFS_TEST_ROUNDS changes its length.
 */
import assert from "node:assert/strict";
import { type FileLocation, LibraryReader, StoredReader } from "../../projections/mod.ts";
import { randomNumbers } from "../../scripts/audio/bytes.ts";
import {
  type FileId,
  FileSystemError,
  type NodeId,
  nodeOfTrack,
  trackOfFounder,
} from "../../src/base/mod.ts";
import { nameOf } from "../../src/cache/store/mod.ts";
import { OriginUnreachable } from "../../src/origins/mod.ts";
import { Recipe, type Segment } from "../../src/segments/mod.ts";
import { LibraryFileSystem } from "../../src/vfs/mod.ts";
import { ContentWorld, noise, song } from "../support/content_world.ts";
import { readFully } from "../support/read_fully.ts";
import { RecipeBranch } from "../support/recipe_branch.ts";
import { SilentKernel } from "../support/silent_kernel.ts";
import { WorldCache } from "../support/world_cache.ts";

const ROUNDS = Number(Deno.env.get("MUSICFS_TEST_ROUNDS") ?? 6);
const SEED = Number(Deno.env.get("MUSICFS_TEST_SEED") ?? Date.now() % 1_000_000);

const ORIGINS = ["nas", "bucket"] as const;
const HEAD_BYTES_MAX = 100_000;
const SOUND_BYTES_MAX = 900_000;
const SEGMENTS_MAX = 8;
const READS = 12;

/** A track of the library. `copied` tracks are on both origins, the others on the first alone. */
interface Track {
  readonly file: FileId;
  readonly path: string;
  readonly copied: boolean;
  readonly sound: Uint8Array<ArrayBuffer>;
  bytes: Uint8Array<ArrayBuffer>;
  head: number;
}

/** A segment of a recipe with its bytes. Without a track the bytes are in the recipe itself or in the store. */
interface Piece {
  readonly segment: Segment<FileLocation>;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly track: Track | undefined;
}

/** The node of the track that a file founded. */
function nodeOf(file: FileId): NodeId {
  return nodeOfTrack(trackOfFounder(file));
}

class Scene implements AsyncDisposable {
  readonly world: ContentWorld;
  readonly cache: WorldCache;
  readonly fs: LibraryFileSystem;
  readonly tracks: Track[] = [];
  readonly #tree: LibraryReader;
  readonly #stored: StoredReader;
  readonly #branch = new RecipeBranch();
  readonly #random: (below: number) => number;
  #versions = 0;
  #pieces: readonly Piece[] = [];
  plain = new Uint8Array();

  static async open(random: (below: number) => number): Promise<Scene> {
    const world = await ContentWorld.open({ origins: ORIGINS, kind: "s3", seed: random(1e6) });
    await world.keeper.look();
    const scene = new Scene(world, random);
    for (let i = 0; i < 3; i++) await scene.#add(`${i}.flac`, i > 0);
    await world.comparer.compare();
    await scene.told();
    for (const { file, copied } of scene.tracks) {
      assert.equal(scene.#tree.location(nodeOf(file))!.others, copied ? 1 : 0);
    }
    return scene;
  }

  private constructor(world: ContentWorld, random: (below: number) => number) {
    this.world = world;
    this.#random = random;
    this.#stored = new StoredReader(world.cache.directory);
    this.#tree = LibraryReader.open(world.directory, this.#stored)!;
    this.cache = new WorldCache(world);
    this.fs = new LibraryFileSystem(this.#tree, {
      ...{ onDrift: () => {}, cache: this.cache, branches: [this.#branch.branch] },
    });
    this.fs.connect(new SilentKernel());
  }

  /** Makes the file system take over the present state of the log. */
  async told(): Promise<void> {
    // A reader of the library sees one state of it until the event loop turns.
    await new Promise((resolve) => setTimeout(resolve));
    await this.fs.treeChanged();
  }

  async #add(path: string, copied: boolean): Promise<void> {
    const head = 1 + this.#random(HEAD_BYTES_MAX);
    const sound = noise(200_000 + this.#random(SOUND_BYTES_MAX), this.#random(1e6));
    const { bytes, facts } = song(noise(head, this.#random(1e6)), sound, path);
    const { file } = await this.world.put("nas", path, bytes, facts);
    if (copied) await this.world.put("bucket", path, bytes, facts);
    this.tracks.push({ file, path, copied, sound, bytes, head });
  }

  /** Gives a track another head before the same sound; a scan of both origins finds it. */
  async retag(track: Track): Promise<void> {
    const { file, path, copied, sound } = track;
    track.head = 1 + this.#random(HEAD_BYTES_MAX);
    const { bytes, facts } = song(noise(track.head, this.#random(1e6)), sound, path);
    track.bytes = bytes;
    await this.world.put("nas", path, bytes, { ...facts, file });
    if (copied) await this.world.put("bucket", path, bytes, { ...facts, file: this.#copyOf(path) });
    await this.world.comparer.compare();
    await this.told();
  }

  #copyOf(path: string): FileId {
    return this.world.projector.queries.fileAt("bucket", path)!.file;
  }

  /** Gives the node another recipe: bytes, objects and ranges of the tracks in their present versions. */
  async draw(): Promise<void> {
    const pieces: Piece[] = [];
    for (let count = 2 + this.#random(SEGMENTS_MAX); count > 0; count--) {
      const kind = this.#random(6);
      if (kind > 1) {
        const track = this.tracks[this.#random(this.tracks.length)]!;
        const from = this.#random(track.bytes.length);
        const to = from + 1 + this.#random(track.bytes.length - from);
        const segment = {
          kind: "file" as const,
          file: this.#tree.location(nodeOf(track.file))!,
          from,
          to,
        };
        pieces.push({ segment, bytes: track.bytes.subarray(from, to), track });
        continue;
      }
      const bytes = noise(1 + this.#random(30_000), this.#random(1e6));
      if (kind === 0) pieces.push({ segment: { kind: "bytes", bytes }, bytes, track: undefined });
      else {
        const hash = await nameOf(bytes);
        this.world.store.put(hash, bytes);
        const range = { from: this.#random(bytes.length), to: bytes.length };
        const segment = { kind: "object" as const, hash, size: bytes.length, ...range };
        pieces.push({ segment, bytes: bytes.subarray(range.from), track: undefined });
      }
    }
    this.#pieces = pieces;
    this.plain = new Uint8Array(pieces.flatMap(({ bytes }) => [...bytes]));
    const recipe = new Recipe(pieces.map(({ segment }) => segment));
    assert.equal(recipe.size, this.plain.length);
    this.#branch.make(++this.#versions, recipe);
    await this.told();
  }

  async openRecipe(): Promise<number> {
    return (await this.fs.open(RecipeBranch.FILE)).handle;
  }

  /** The ranges of tracks that a read of the recipe touches. */
  touched(offset: number, length: number): { track: Track; from: number; to: number }[] {
    const found = [];
    let start = 0;
    for (const { segment, bytes, track } of this.#pieces) {
      const from = Math.max(offset, start) - start;
      const to = Math.min(offset + length - start, bytes.length);
      if (segment.kind === "file" && from < to) {
        found.push({ track: track!, from: segment.from + from, to: segment.from + to });
      }
      start += bytes.length;
    }
    return found;
  }

  /** The errno of a read of the same bytes from the plain file; undefined when it gets them. */
  async plainErrno(track: Track, from: number, to: number): Promise<string | undefined> {
    const { handle } = await this.fs.open(nodeOf(track.file));
    try {
      const bytes = await readFully(this.fs, handle, from, to - from);
      assert.ok(equal(bytes, track.bytes.subarray(from, to)), `${track.path}: other bytes`);
      return undefined;
    } catch (error) {
      if (error instanceof FileSystemError) return error.errno;
      throw error;
    } finally {
      this.fs.release(handle);
    }
  }

  /** Sets which origins answer, and on which of them connections break now and then. */
  weather(
    isUp: (origin: string) => boolean,
    isRough: (origin: string) => boolean = () => false,
  ): void {
    for (const id of ORIGINS) {
      const origin = this.world.origin(id);
      origin.isDown = !isUp(id);
      origin.faulty.plan = ({ name, length }) => {
        if (name !== "read") return undefined;
        if (origin.isDown) return { kind: "fail", error: new OriginUnreachable(`${id} is away`) };
        if (!isRough(id) || this.#random(4) > 0) return undefined;
        return this.#random(2) === 0
          ? { kind: "slow", ms: 2 }
          : { kind: "reset", after: this.#random(length) };
      };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tree.close();
    this.#stored.close();
    await this.world[Symbol.asyncDispose]();
  }
}

test(
  "in any weather random recipes read as their plain bytes, or fail as a plain file does",
  async (scene, random, where) => {
    await scene.draw();
    let handle = await scene.openRecipe();
    let errors = 0;
    /** Makes random reads, four at a time. `onError` checks those that get no bytes. */
    const reads = async (
      phase: string,
      onError: (errno: string, ranges: ReturnType<Scene["touched"]>) => void | Promise<void>,
    ) => {
      for (let i = 0; i < READS; i += 4) {
        await Promise.all(Array.from({ length: 4 }, async () => {
          const offset = random(scene.plain.length + 10);
          const length = 1 + random(random(2) === 0 ? 5_000 : 200_000);
          const at = `${where}, ${phase}: ${offset} + ${length}`;
          try {
            const bytes = await readFully(scene.fs, handle, offset, length);
            assert.ok(equal(bytes, scene.plain.subarray(offset, offset + length)), `${at}: wrong`);
          } catch (error) {
            if (!(error instanceof FileSystemError)) throw new Error(at, { cause: error });
            errors++;
            try {
              await onError(error.errno, scene.touched(offset, length));
            } catch (cause) {
              throw new Error(`${at}: ${error.errno}, ${error.message}`, { cause });
            }
          }
        }));
      }
    };
    const never = (errno: string) => assert.fail(errno);
    const { world } = scene;

    const evict = async () => {
      // Bytes in memory are stored first.
      await world.restart();
      await world.keeper.clear(null);
      await scene.told();
      // A handle keeps memory open that the fetcher shared with it.
      scene.fs.release(handle);
      handle = await scene.openRecipe();
    };
    await reads("all is well", never);
    await evict();
    // After a broken connection the fetcher tries another copy, if there is one.
    scene.weather(() => true, (id) => id === "nas");
    await reads("rough", (errno, ranges) => {
      assert.equal(errno, "EIO");
      assert.ok(ranges.some(({ track }) => !track.copied));
    });
    await evict();
    scene.weather((id) => id !== "nas");
    await reads("the first is away", (errno, ranges) => {
      assert.equal(errno, "EIO");
      assert.ok(ranges.some(({ track }) => !track.copied));
    });

    if (random(2) === 0) await evict();
    scene.weather(() => true);
    const kept = scene.tracks[random(scene.tracks.length)]!;
    await world.keep(world.file(kept.file));
    // Afterwards nothing is in memory that is not stored.
    await world.restart();
    await scene.told();
    scene.weather(() => false);
    await reads("offline", async (errno, ranges) => {
      assert.equal(errno, "EIO");
      assert.ok(ranges.some(({ track }) => track !== kept), "what is stored is read");
      const plain = await Promise.all(
        ranges.map(({ track, from, to }) => scene.plainErrno(track, from, to)),
      );
      assert.ok(plain.includes("EIO"), "a plain file is read");
    });

    scene.weather(() => true);
    await reads("all is well again", never);
    scene.fs.release(handle);
    assert.equal(scene.fs.openFiles, 0);
    return errors;
  },
);

test(
  "after files are tagged anew, the stored sound serves ranges of the new version",
  async (scene, random, where) => {
    const { world } = scene;
    await scene.draw();
    const old = await scene.openRecipe();
    const before = scene.plain;
    const ranges = scene.touched(0, before.length);
    if (ranges.length === 0) return 0;
    const { track } = ranges[random(ranges.length)]!;
    await world.keep(world.file(track.file));
    await scene.retag(track);
    const { handle: sound } = await scene.fs.open(nodeOf(track.file));
    scene.fs.release(sound);
    const isTouched = (offset: number, length: number) =>
      scene.touched(offset, length).some((it) => it.track === track);
    for (let i = 0; i < READS; i++) {
      const [offset, length] = [random(before.length), 1 + random(50_000)];
      const reading = readFully(scene.fs, old, offset, length);
      if (isTouched(offset, length)) await assert.rejects(reading, { errno: "ESTALE" }, where);
      else assert.ok(equal(await reading, before.subarray(offset, offset + length)), where);
    }
    await scene.draw();
    const next = await scene.openRecipe();
    await assert.rejects(readFully(scene.fs, old, 0, 1), { errno: "ESTALE" }, where);
    const bytesBefore = ORIGINS.map((id) => world.origin(id).faulty.bytes);
    assert.ok(equal(await readFully(scene.fs, next, 0, scene.plain.length), scene.plain), where);
    const isAlone = scene.touched(0, scene.plain.length).every((it) => it.track === track);
    const fetched = ORIGINS.reduce(
      (sum, id, i) => sum + world.origin(id).faulty.bytes - bytesBefore[i]!,
      0,
    );
    // Besides the head, only a few places of the sound are read, to recognise it.
    if (isAlone) assert.ok(fetched <= track.head + 200_000, `${where}: ${fetched}`);
    await world.restart();
    await scene.told();
    scene.weather(() => false);
    for (
      const { from, to } of scene.touched(0, scene.plain.length).filter((it) => it.track === track)
    ) {
      if (from < track.head) continue;
      assert.equal(
        await scene.plainErrno(track, from, to),
        undefined,
        `${where}: its sound is stored`,
      );
    }
    scene.fs.release(old);
    scene.fs.release(next);
    return 0;
  },
);

test(
  "an open recipe over a removed file gives the stored bytes, or ESTALE",
  async (scene, random, where) => {
    const { world } = scene;
    await scene.draw();
    const handle = await scene.openRecipe();
    const [track] = scene.tracks as [Track];
    await world.read(world.file(track.file), 0, random(track.bytes.length) + 1);
    await world.restart();
    const data = { origin: "nas", scan: 9, files: [track.file] };
    await world.append({ type: "FilesRemoved", v: 1, data });
    await scene.told();
    let errors = 0;
    for (let i = 0; i < READS; i++) {
      const [offset, length] = [random(scene.plain.length), 1 + random(100_000)];
      try {
        const bytes = await readFully(scene.fs, handle, offset, length);
        assert.ok(equal(bytes, scene.plain.subarray(offset, offset + length)), where);
      } catch (error) {
        if (!(error instanceof FileSystemError)) throw error;
        errors++;
        assert.equal(error.errno, "ESTALE", where);
        assert.ok(scene.touched(offset, length).some((it) => it.track === track), where);
      }
    }
    scene.fs.release(handle);
    return errors;
  },
);

/** Runs `body` for ROUNDS scenes. `body` returns how many reads failed. */
function test(
  name: string,
  body: (scene: Scene, random: (below: number) => number, where: string) => Promise<number>,
): void {
  Deno.test(name, async () => {
    console.log(`MUSICFS_TEST_SEED=${SEED} MUSICFS_TEST_ROUNDS=${ROUNDS} repeats this run`);
    let errors = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const random = randomNumbers(SEED + round);
      await using scene = await Scene.open(random);
      errors += await body(scene, random, `seed ${SEED}, round ${round}`);
    }
    console.log(`${errors} reads failed`);
  });
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
