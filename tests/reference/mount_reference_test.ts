/**
 * Random changes of an origin and random file system calls, checked against a model so small that it is obviously
 * right: a map from virtual path to bytes. While a change is on its way a call may see the old or the new state, or
 * fail; it may never see anything else. After a rescan the whole tree equals the model.
 *
 * MUSICFS_TEST_SEED repeats a run, MUSICFS_TEST_ROUNDS changes its length.
 */
import assert from "node:assert/strict";
import { flacFile, mp3File } from "../../scripts/audio/mod.ts";
import { randomNumbers } from "../../scripts/audio/bytes.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";

const ROUNDS = Number(Deno.env.get("MUSICFS_TEST_ROUNDS") ?? 30);
const SEED = Number(Deno.env.get("MUSICFS_TEST_SEED") ?? Date.now() % 1_000_000);

/** With fewer files than this, changes only add files. */
const FILES_MIN = 20;

interface File {
  /** The path on the origin; `shown` is the path in the mount. */
  path: string;
  shown: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** Every version there was: for a moment a track may be seen under its old name with its present bytes. */
  versions: Uint8Array<ArrayBuffer>[];
}

/** The origin, and what the mount must show of it. Titles are unique, so no two files share a place. */
class Model {
  readonly files: File[] = [];
  readonly #root: string;
  readonly #random: (below: number) => number;
  #count = 0;

  constructor(root: string, random: (below: number) => number) {
    this.#root = root;
    this.#random = random;
  }

  get tree(): Map<string, Uint8Array> {
    return new Map(this.files.map(({ shown, bytes }) => [shown, bytes]));
  }

  get places(): [string, File][] {
    return this.files.map((file) => [file.shown, file]);
  }

  /** Makes one random change. Returns a description of it, for the message of a failure. */
  change(): string {
    const file = this.files[this.#random(Math.max(1, this.files.length))]!;
    // In so small a library, every removal would wait for a person to confirm it.
    const kind = this.files.length < FILES_MIN ? 0 : this.#random(6);
    switch (kind) {
      case 3:
        return this.#retag(file);
      case 4:
        return this.#move(file);
      case 5:
        this.files.splice(this.files.indexOf(file), 1);
        Deno.removeSync(`${this.#root}/${file.path}`);
        return `removed ${file.path}`;
      default:
        return this.#add();
    }
  }

  #content(format: string): { shown: string; bytes: Uint8Array<ArrayBuffer> } {
    const tags = {
      title: `Title ${this.#count}`,
      artist: `Artist ${this.#random(4)}`,
      album: `Album ${this.#random(3)}`,
    };
    const sound = { seconds: 0.2 + this.#random(20) / 10, seed: ++this.#count };
    const bytes = format === "mp3" ? mp3File(tags, sound) : flacFile(tags, sound);
    return { shown: `${tags.artist}/${tags.album}/${tags.title}.${format}`, bytes };
  }

  #place(format: string): string {
    return `${this.#random(5)}/${this.#random(3)}/${this.#count++}.${format}`;
  }

  #write(path: string, bytes: Uint8Array): void {
    const target = `${this.#root}/${path}`;
    Deno.mkdirSync(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    if (this.#random(2) === 0) return Deno.writeFileSync(target, bytes);
    // Saves as careful programs do: writes a new file beside the old one, and renames it over that.
    Deno.writeFileSync(`${target}.part`, bytes);
    Deno.renameSync(`${target}.part`, target);
  }

  #add(): string {
    const format = this.#random(2) === 0 ? "flac" : "mp3";
    const path = this.#place(format);
    const content = this.#content(format);
    this.#write(path, content.bytes);
    this.files.push({ path, ...content, versions: [content.bytes] });
    return `added ${path} as ${content.shown}`;
  }

  #retag(file: File): string {
    const { shown, bytes } = this.#content(file.path.slice(file.path.lastIndexOf(".") + 1));
    const said = `retagged ${file.path} from ${file.shown} to ${shown}`;
    this.#write(file.path, bytes);
    Object.assign(file, { shown, bytes });
    file.versions.push(bytes);
    return said;
  }

  #move(file: File): string {
    const path = this.#place(file.path.slice(file.path.lastIndexOf(".") + 1));
    const target = `${this.#root}/${path}`;
    Deno.mkdirSync(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    Deno.renameSync(`${this.#root}/${file.path}`, target);
    const said = `moved ${file.path} to ${path}`;
    file.path = path;
    return said;
  }
}

/** Every file of the mount with its bytes. */
function shownTree(mountpoint: string): Map<string, Uint8Array> {
  const tree = new Map<string, Uint8Array>();
  const walk = (prefix: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(`${mountpoint}/${prefix}`)) {
      if (isDirectory) walk(`${prefix}${name}/`);
      else tree.set(prefix + name, Deno.readFileSync(`${mountpoint}/${prefix}${name}`));
    }
  };
  walk("");
  return tree;
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

function assertSameTree(shown: Map<string, Uint8Array>, model: Map<string, Uint8Array>): void {
  assert.deepEqual([...shown.keys()].sort(), [...model.keys()].sort());
  for (const [path, bytes] of model) assert.ok(sameBytes(shown.get(path)!, bytes), path);
}

/** Makes a random call at a present or former path. The bytes that it reads must be one of the versions. */
function probe(
  mountpoint: string,
  path: string,
  versions: readonly Uint8Array[],
  random: (below: number) => number,
): void {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(`${mountpoint}/${path}`);
  } catch {
    return;
  }
  try {
    const offset = random(3) === 0 ? 0 : random(20_000);
    file.seekSync(offset, Deno.SeekMode.Start);
    const buffer = new Uint8Array(1 + random(60_000));
    const length = file.readSync(buffer) ?? 0;
    const seen = buffer.subarray(0, length);
    const fits = versions.some((bytes) =>
      sameBytes(seen, bytes.subarray(offset, offset + length)) &&
      (length === buffer.length || offset + length >= bytes.length)
    );
    assert.ok(fits, `${length} bytes at ${offset} of ${path} are of no version`);
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    // ESTALE: the file changed while it was open.
  } finally {
    try {
      file.close();
    } catch {
      // ESTALE, as above.
    }
  }
}

for (const passthrough of ["on", "off"]) {
  Deno.test({
    name: `the mount is what a plain model says, pass-through ${passthrough}`,
    ignore: !needs("/dev/fuse"),
    async fn() {
      console.log(`seed ${SEED}: MUSICFS_TEST_SEED=${SEED} repeats this run`);
      const random = randomNumbers(SEED);
      await using it = new Installation();
      it.env = { MUSICFS_PASSTHROUGH: passthrough };
      const model = new Model(it.origin, random);
      for (let i = 0; i < 30; i++) model.change();
      await it.mountAndScan(["--template", "$artist/$album/$title.$format"]);
      assertSameTree(shownTree(it.mountpoint), model.tree);
      for (let round = 0; round < ROUNDS; round++) {
        const before = model.places;
        const done: string[] = [];
        for (let i = random(4); i >= 0; i--) done.push(model.change());
        const places = [...before, ...model.places];
        const scan = it.musicfs(["origin", "rescan", "--wait"]);
        let over = false;
        scan.then(() => over = true);
        while (!over) {
          for (let i = 0; i < 20; i++) {
            const [path, { versions }] = places[random(places.length)]!;
            probe(it.mountpoint, path, versions, random);
          }
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        const { code, stderr } = await scan;
        assert.equal(code, 0, `${stderr}${it.log}`);
        try {
          assertSameTree(shownTree(it.mountpoint), model.tree);
        } catch (error) {
          console.log(`seed ${SEED}, round ${round}: ${done.join("; ")}\n${it.log}`);
          throw error;
        }
      }
      const { stdout } = await run(["find", it.mountpoint, "-type", "d", "-empty"]);
      assert.equal(stdout, "", "no directory is left behind empty");
    },
  });
}
