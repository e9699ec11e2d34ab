/**
 * A media server reads the tags of every file again and again. The second time costs the origins nothing: a proxy
 * before the server and the engine count the bytes.
 */
import assert from "node:assert/strict";
import { flacFile, m4aFile, mp3File, opusFile } from "../../scripts/audio/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { Mpd } from "../support/mpd.ts";
import { needs } from "../support/needs.ts";
import { noise, noisyWav, openPlace, type RemotePlace, tagsOf } from "../support/remote_library.ts";
import { until } from "../support/until.ts";

const PYTHON = "/usr/bin/python3";
const LOOP = decodeURIComponent(new URL("../bench/mutagen_loop.py", import.meta.url).pathname);
const MUTAGEN = "/usr/lib/python3/dist-packages/mutagen/__init__.py";
const KB = 1024;
const ALBUMS = 4;
/** S3 answers that are no bytes of files: a page of a listing, and health checks. */
const TALK_BYTES = 64 * KB;

/** Albums in five formats, with pictures of several hundred KB, on S3 behind a proxy. */
class Scanned implements AsyncDisposable {
  readonly place: RemotePlace;
  readonly it: Installation;
  readonly files: number;

  private constructor(place: RemotePlace) {
    this.place = place;
    let files = 0;
    for (let album = 0; album < ALBUMS; album++) {
      const picture = jpeg(250 * KB + album * 150 * KB, album);
      const put = (extension: string, make: (track: number) => Uint8Array<ArrayBuffer>) => {
        const no = 1 + files++;
        place.put(`${album}/${no}.${extension}`, make(no));
      };
      const tags = (track: number) => ({ ...tagsOf(track), album: `Album ${album}`, picture });
      put("flac", (no) => flacFile(tags(no), { seconds: 120, seed: no, padding: 8 * KB }));
      put("mp3", (no) => mp3File(tags(no), { seconds: 200, seed: no, id3v1: true }));
      put("mp3", (no) => mp3File(tags(no), { seconds: 100, seed: no, id3: "2.3" }));
      put("m4a", (no) => m4aFile(tags(no), { seconds: 60, seed: no, indexLast: album % 2 === 0 }));
      put("opus", (no) => opusFile(tags(no), { seconds: 100, seed: no }));
      put("wav", (no) => noisyWav(tagsOf(no), 900 * KB, no));
    }
    this.files = files;
    this.it = new Installation({ config: place.table });
    this.it.env = { MUSICFS_WATCH: "off" };
  }

  static async open(): Promise<Scanned> {
    return new Scanned(await openPlace("s3"));
  }

  async moved(): Promise<{ wire: number; egress: number }> {
    const [origin] = (await this.it.status()).origins;
    return { wire: this.place.proxy!.counts.bytesDown, egress: origin!.egress.total_bytes };
  }

  /** Unmounts and mounts again, so that the kernel's caches are empty. */
  async remount(): Promise<void> {
    // Figures about the origin are at most a second old.
    let last = -1;
    await until("nothing is fetched any more", 20_000, async () => {
      const { egress } = await this.moved();
      const isQuiet = egress === last;
      last = egress;
      if (!isQuiet) await new Promise((resolve) => setTimeout(resolve, 1_500));
      return isQuiet;
    });
    assert.equal(await this.it.unmount(), 0, this.it.log);
    await Deno.writeTextFile("/proc/sys/vm/drop_caches", "3").catch(() => {});
    await this.it.mountAndScan();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.it[Symbol.asyncDispose]();
    await this.place[Symbol.asyncDispose]();
  }
}

/** Scans twice in the same way; the second scan, after a remount, reads nothing from the origin. */
async function scansTwice(
  name: string,
  scanned: Scanned,
  scan: () => Promise<number>,
): Promise<void> {
  await scanned.it.mountAndScan();
  const before = await scanned.moved();
  assert.equal(await scan(), scanned.files, scanned.it.log);
  await scanned.remount();
  const between = await scanned.moved();
  assert.equal(await scan(), scanned.files, scanned.it.log);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const after = await scanned.moved();
  console.log(
    `${name}: ${between.egress - before.egress} bytes of files the first time, ` +
      `${after.egress - between.egress} the second (${after.wire - between.wire} on the wire)`,
  );
  assert.equal(after.egress, between.egress);
  assert.ok(after.wire - between.wire < TALK_BYTES);
  const { misses } = (await scanned.it.status()).cache;
  assert.equal(misses, 0);
}

Deno.test({
  name: "a second scan with mutagen reads nothing from the origin",
  ignore: !needs("/dev/fuse", "timeout", PYTHON, MUTAGEN),
  fn: async () => {
    await using scanned = await Scanned.open();
    await scansTwice("mutagen", scanned, async () => {
      const { stdout, stderr } = await run([PYTHON, LOOP, scanned.it.mountpoint], { seconds: 60 });
      assert.equal(stderr, "");
      return JSON.parse(stdout).files;
    });
  },
});

Deno.test({
  name: "a second scan by MPD, which has lost its database, reads nothing from the origin",
  ignore: !needs("/dev/fuse", "timeout", "mpd"),
  fn: async () => {
    await using scanned = await Scanned.open();
    await scansTwice("mpd", scanned, () => scanWithMpd(scanned.it));
  },
});

/** Starts MPD without a database, ends it once it has built one, and returns its number of songs. */
async function scanWithMpd({ base, mountpoint }: Installation): Promise<number> {
  await using mpd = await Mpd.start(base, mountpoint);
  const stats = await mpd.updated();
  return Number(/^songs: (\d+)$/m.exec(stats)?.[1]);
}

/** Bytes that begin like a JPEG, which is as far as readers look. */
function jpeg(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = noise(length, 100 + seed);
  bytes.set([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0]);
  return bytes;
}
