/**
 * A file that changed on its origin, over a real mount: only its new bytes are fetched. A proxy before the server
 * counts the bytes.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { flacFile, m4aFile, mp3File } from "../../scripts/audio/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { openPlace, type RemotePlace, tagsOf } from "../support/remote_library.ts";
import { until } from "../support/until.ts";

const PYTHON = "/usr/bin/python3";
const RETAG = decodeURIComponent(new URL("../support/retag.py", import.meta.url).pathname);
const ready = needs("/dev/fuse", "ffmpeg", "sha256sum", "timeout", PYTHON) && hasMutagen();

function hasMutagen(): boolean {
  return needs("/usr/lib/python3/dist-packages/mutagen/__init__.py");
}

/** Files on an S3 server behind a proxy, and their originals in a directory, where they are retagged. */
class Delta implements AsyncDisposable {
  readonly place: RemotePlace;
  readonly originals = Deno.makeTempDirSync({ prefix: "musicfs-delta-" });
  readonly it: Installation;

  private constructor(place: RemotePlace) {
    this.place = place;
    this.it = new Installation({ config: place.table });
    this.it.env = { MUSICFS_WATCH: "off" };
    place.admit(this.it);
  }

  static async open(): Promise<Delta> {
    return new Delta(await openPlace("s3"));
  }

  /** Puts originals onto the server. */
  put(names: readonly string[]): void {
    for (const name of names) this.place.put(name, Deno.readFileSync(`${this.originals}/${name}`));
  }

  async retag(title: string, padding: number, names: readonly string[]): Promise<void> {
    const files = names.map((name) => `${this.originals}/${name}`);
    const { code, stderr } = await run([PYTHON, RETAG, title, String(padding), ...files]);
    assert.equal(code, 0, stderr);
    this.put(names);
  }

  /** SHA-256 of every file of the mount, sorted. */
  async digests(): Promise<string[]> {
    const { stdout, stderr } = await run(
      ["find", this.it.mountpoint, "-type", "f", "-exec", "sha256sum", "{}", "+"],
      { seconds: 120 },
    );
    assert.equal(stderr, "", this.it.log);
    return stdout.trim().split("\n").map((line) => /[0-9a-f]{64}/.exec(line)![0]).sort();
  }

  /** The SHA-256 of every original, sorted. */
  expected(): string[] {
    return [...Deno.readDirSync(this.originals)].map(({ name }) =>
      createHash("sha256").update(Deno.readFileSync(`${this.originals}/${name}`)).digest("hex")
    ).sort();
  }

  /** The bytes that came from the server so far: all bytes, and those of files. */
  async moved(): Promise<{ wire: number; egress: number }> {
    const [origin] = (await this.it.status()).origins;
    return { wire: this.place.proxy!.counts.bytesDown, egress: origin!.egress.total_bytes };
  }

  /**
   * Scans, and waits until the engine has fetched what the scan makes it fetch: until no bytes have come for a while.
   */
  async rescan(): Promise<void> {
    const [scan] = await this.it.rescan();
    assert.equal(scan!.outcome, "completed", this.it.log);
    let last = { wire: -1, egress: -1 };
    await until("nothing is fetched any more", 30_000, async () => {
      const now = await this.moved();
      const isQuiet = now.wire === last.wire && now.egress === last.egress;
      last = now;
      if (!isQuiet) await new Promise((resolve) => setTimeout(resolve, 800));
      return isQuiet;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.it[Symbol.asyncDispose]();
    await this.place[Symbol.asyncDispose]();
    await Deno.remove(this.originals, { recursive: true });
  }
}

function test(name: string, body: (it: Delta) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !ready,
    fn: async () => {
      await using delta = await Delta.open();
      await body(delta);
    },
  });
}

/** How many files the library has whose tags change. The environment can set a larger number for a long run. */
const FILES = Number(Deno.env.get("MUSICFS_TEST_FILES") ?? 300);

let encoded = 0;

/** Makes noise with an encoder; no two files sound the same. */
async function encode(path: string, seconds: number, ...options: string[]): Promise<void> {
  const { code, stderr } = await run([
    ...["ffmpeg", "-v", "error", "-f", "lavfi", "-i", `anoisesrc=r=44100:a=0.3:seed=${++encoded}`],
    ...["-t", String(seconds), "-ac", "2", "-metadata", "title=Song", "-metadata", "artist=A"],
    ...["-metadata", `album=${encoded}`, ...options, path],
  ], { seconds: 60 });
  assert.equal(code, 0, stderr);
}

const LONG: readonly { name: string; seconds: number; options: readonly string[] }[] = [
  { name: "long.flac", seconds: 390, options: ["-sample_fmt", "s16"] },
  { name: "long.mp3", seconds: 760, options: ["-b:a", "320k"] },
  { name: "long.m4a", seconds: 380, options: ["-c:a", "alac", "-sample_fmt", "s16p"] },
];

/** Makes small tracks, and a tenth of larger ones, whose tags will change. */
async function writeLibrary(directory: string): Promise<{ all: string[]; changing: string[] }> {
  const all: string[] = [];
  const changing: string[] = [];
  for (let i = 0; i < FILES; i++) {
    const tags = {
      ...tagsOf(1 + i % 10),
      title: `Song ${i}`,
      album: `Album ${Math.floor(i / 10)}`,
    };
    const isChanging = i % 10 === 3;
    const isFlac = isChanging ? i % 100 === 3 : i % 3 === 0;
    const isM4a = isChanging ? i % 100 === 13 : i % 3 === 1;
    const name = `${String(i).padStart(4, "0")}.${isFlac ? "flac" : isM4a ? "m4a" : "mp3"}`;
    if (isFlac && isChanging) await encode(`${directory}/${name}`, 8, "-sample_fmt", "s16");
    else if (name.endsWith("m4a") && isChanging) {
      await encode(`${directory}/${name}`, 6, "-c:a", "alac");
    } else {
      const sound = { seconds: isChanging ? 150 : 5, seed: i };
      const bytes = isFlac
        ? flacFile(tags, sound)
        : isM4a
        ? m4aFile(tags, sound)
        : mp3File(tags, sound);
      Deno.writeFileSync(`${directory}/${name}`, bytes);
    }
    all.push(name);
    if (isChanging) changing.push(name);
  }
  return { all, changing };
}

test(`after new tags in ${FILES / 10} of ${FILES} files, less than a tenth of their bytes is fetched`, async (delta) => {
  const { all, changing } = await writeLibrary(delta.originals);
  delta.put(all);
  await delta.it.mountAndScan();
  assert.deepEqual(await delta.digests(), delta.expected());
  await delta.rescan();
  const idle = await delta.moved();
  await delta.rescan();
  const listing = (await delta.moved()).wire - idle.wire;
  const size = changing.reduce(
    (sum, name) => sum + Deno.statSync(`${delta.originals}/${name}`).size,
    0,
  );
  const before = await delta.moved();
  await delta.retag("Another title", 2_000, changing);
  await delta.rescan();
  assert.deepEqual(await delta.digests(), delta.expected());
  const after = await delta.moved();
  const wire = after.wire - before.wire - listing;
  const share = wire / size;
  console.log(
    `${changing.length} files of ${(size / 1e6).toFixed(1)} MB: ${wire} bytes on the wire, ` +
      `${after.egress - before.egress} of them of files, ${(100 * share).toFixed(1)} %`,
  );
  assert.ok(share < 0.1);
});

for (const { name, seconds, options } of LONG) {
  test(`${name}: after new tags, less than 64 KB are fetched`, async (delta) => {
    await encode(`${delta.originals}/${name}`, seconds, ...options);
    delta.put([name]);
    await delta.it.mountAndScan();
    assert.deepEqual(await delta.digests(), delta.expected());
    await delta.rescan();
    // Bytes are stored after the reader got them. Bytes that are not stored yet would have to be fetched again.
    const { size: bytes } = Deno.statSync(`${delta.originals}/${name}`);
    await until(
      "all of it is stored",
      60_000,
      async () => (await delta.it.status()).cache.bytes >= bytes,
    );
    for (const [title, padding] of [["Another, longer title", 9_000], ["Short", 100]] as const) {
      const before = await delta.moved();
      await delta.retag(title, padding, [name]);
      await delta.rescan();
      const scanned = await delta.moved();
      assert.deepEqual(await delta.digests(), delta.expected());
      const after = await delta.moved();
      const [wire, egress] = [after.wire - before.wire, after.egress - before.egress];
      const size = (Deno.statSync(`${delta.originals}/${name}`).size / 1e6).toFixed(1);
      console.log(
        `${name} of ${size} MB: ${wire} bytes on the wire, ${egress} of them of files, ` +
          `${after.egress - scanned.egress} when it was read`,
      );
      assert.ok(wire < 64 * 1024 && egress < 64 * 1024);
    }
  });
}
