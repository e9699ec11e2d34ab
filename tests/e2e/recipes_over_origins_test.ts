/**
 * A file that is read by a recipe over two real origins, in the program as it is mounted: while one origin is cut off, with
 * both away, and after its files were tagged anew.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connectControl } from "../../src/control/mod.ts";
import { wavHeader } from "../../scripts/audio/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { MIX_VARIABLE, type MixPiece, programWithMix } from "../support/origins_with_mix.ts";
import { noise, noisyWav, openPlace, type RemotePlace, tagsOf } from "../support/remote_library.ts";
import { hasSftpServer } from "../support/sftp_server.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "sha256sum", "timeout") && hasSftpServer();
const MB = 1_000_000;
const SAMPLES = 8 * MB;

/** The sound of a track, which its tags leave alone. */
const sounds = [1, 2].map((seed) => noise(SAMPLES, seed));

function file(track: number, title: string): Uint8Array<ArrayBuffer> {
  return noisyWav({ ...tagsOf(track), title }, SAMPLES, track);
}

class Mix implements AsyncDisposable {
  readonly places: readonly RemotePlace[];
  readonly it = new Installation();
  #pieces: readonly MixPiece[] = [];

  private constructor(places: readonly RemotePlace[]) {
    this.places = places;
    const { it } = this;
    it.flags = programWithMix(it.base);
    it.env = {
      ...{ MUSICFS_DEADLINE_MS: "1500", MUSICFS_HEALTH_CHECK_MS: "1000", MUSICFS_WATCH: "off" },
      [MIX_VARIABLE]: `${it.base}/mix.json`,
    };
    for (const place of places) place.admit(it);
    it.configure(places.map(({ table }, i) => `${table}priority = ${i + 1}\n`).join("\n"));
  }

  /** Two tracks, each on both origins, found to be copies of one another. */
  static async open(): Promise<Mix> {
    const mix = new Mix([await openPlace("s3"), await openPlace("sftp")]);
    mix.put("before");
    await mix.it.mountAndScan();
    await until("copies are compared", 30_000, async () => {
      const { stdout } = await run(["find", mix.it.mountpoint, "-type", "f"]);
      return stdout.trim().split("\n").length === 2;
    });
    return mix;
  }

  put(title: string): void {
    for (const place of this.places) {
      for (const track of [1, 2]) place.put(`album/${track}.wav`, file(track, `${title} ${track}`));
    }
  }

  make(...pieces: MixPiece[]): void {
    this.#pieces = pieces;
    Deno.writeTextFileSync(`${this.it.base}/mix.json`, JSON.stringify(pieces));
  }

  /** SHA-256 of what the recipe says. */
  get plain(): string {
    const hash = createHash("sha256");
    for (const piece of this.#pieces) {
      if ("text" in piece) hash.update(piece.text);
      else {hash.update(
          sounds[Number(/(\d)\.wav/.exec(piece.path)![1]) - 1]!.subarray(piece.from, piece.to),
        );}
    }
    return hash.digest("hex");
  }

  /** The SHA-256 that a reader of a file of `/.origins` makes, or what went wrong. */
  async digest(path = "mix"): Promise<string> {
    const { code, stdout, stderr } = await run([
      "sha256sum",
      `${this.it.mountpoint}/.origins/${path}`,
    ]);
    return code === 0 ? stdout.slice(0, 64) : stderr;
  }

  async clear(): Promise<void> {
    const client = await connectControl(this.it.socket);
    try {
      await client.request("cache.clear", { origin: null });
    } finally {
      client.close();
    }
  }

  /** Bytes that came from the servers. */
  get down(): number {
    return this.places.reduce((sum, { proxy }) => sum + proxy!.counts.bytesDown, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.it[Symbol.asyncDispose]();
    for (const place of this.places) await place[Symbol.asyncDispose]();
  }
}

Deno.test({
  name:
    "a recipe over real origins: cut off in the middle, offline, and after its files were tagged anew",
  ignore: !ready,
  async fn() {
    assert.equal(wavHeader(tagsOf(1), SAMPLES).length + SAMPLES, file(1, "Song 1").length);
    await using mix = await Mix.open();
    const [s3, sftp] = mix.places as [RemotePlace, RemotePlace];
    mix.make(
      { text: "a header that nobody has\n" },
      { path: "s3/album/1.wav", from: 100_000, to: 7 * MB },
      { text: "between" },
      { path: "s3/album/2.wav", from: 0, to: 6 * MB + 1 },
    );

    // The origin that gives the bytes is cut off while somebody reads.
    s3.proxy!.settings.bytesPerSecond = 3_000_000;
    const before = s3.proxy!.counts.bytesDown;
    const digest = mix.digest();
    await until("some of it is read", 30_000, () => s3.proxy!.counts.bytesDown - before > 2 * MB);
    await s3.proxy!.refuse();
    assert.equal(await digest, mix.plain, mix.it.log);
    assert.ok(sftp.proxy!.counts.bytesDown > 6 * MB, "the other origin gave the rest");

    // What is stored is read when both are away, and what is not fails as the plain file does.
    await sftp.proxy!.refuse();
    assert.equal(await mix.digest(), mix.plain, "all of it is stored");
    await mix.clear();
    assert.match(await mix.digest(), /Input\/output error/);
    assert.match(await mix.digest("s3/album/1.wav"), /Input\/output error/);

    s3.proxy!.settings.bytesPerSecond = Infinity;
    for (const { proxy } of mix.places) await proxy!.accept();
    await until("all is well again", 30_000, async () => await mix.digest() === mix.plain);
    // Tagged anew, the sound is what is stored of the version before.
    mix.put("a much longer title, which moves the sound");
    await mix.it.rescan();
    const fetched = mix.down;
    assert.equal(await mix.digest(), mix.plain);
    assert.ok(mix.down - fetched < 2 * MB, `${mix.down - fetched}`);
  },
});
