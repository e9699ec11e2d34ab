/** Files that can't be read for a while, on a disk that gives errors: unknown means neither deleted nor unreadable. */
import assert from "node:assert/strict";
import { flacFile } from "../../scripts/audio/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { HangingFs } from "../support/hanging_fs.ts";
import { needs } from "../support/needs.ts";
import { exists, sha256 } from "../support/tree.ts";
import { until } from "../support/until.ts";

const TRACKS = 30;

function song(title: string, track: number): Uint8Array<ArrayBuffer> {
  return flacFile({ title, artist: "A", album: "B", track }, { seconds: 1, seed: track });
}

Deno.test({
  name:
    "tracks on a disk that gives errors stay tracks, new files on it are named, and both are read again by themselves",
  ignore: !needs("/dev/fuse"),
  async fn() {
    await using disk = await HangingFs.start();
    for (let i = 1; i <= TRACKS; i++) {
      Deno.writeFileSync(`${disk.source}/${i}.flac`, song(`Song ${i}`, i));
    }
    await using it = new Installation({ origin: disk.mountpoint });
    it.env = { MUSICFS_RETRY_MS: "1000" };
    await it.mountAndScan(["--template", "$artist/$album/$track $title.$format"]);
    const at = (name: string) => `${it.mountpoint}/A/B/${name}.flac`;
    assert.equal((await it.status()).library.tracks, TRACKS);

    await disk.failFiles(".flac");
    Deno.writeFileSync(`${disk.source}/new.flac`, song("New", 99));
    const [full] = await it.rescan({ full: true });
    assert.deepEqual([full!.outcome, full!.removed], ["completed", 0]);
    const { library } = await it.status();
    assert.deepEqual([library.tracks, library.unreadable], [TRACKS, 1]);
    assert.ok(exists(at("01 Song 1")));
    const read = await run(["cat", at("01 Song 1")], { seconds: 20 });
    assert.match(read.stderr, /Input\/output error/);
    const { files } = await it.json<{ files: { path: string }[] }>(["track", "unreadable"]);
    assert.equal(files.length, TRACKS + 1, "every file that could not be read is named");

    await disk.recover();
    await until("it is looked at again, unasked", 30_000, () => exists(at("99 New")));
    assert.equal(sha256(at("01 Song 1")), sha256(`${disk.source}/1.flac`));
    await until("nothing is named any more", 30_000, async () => {
      const unread = await it.json<{ files: unknown[] }>(["track", "unreadable"]);
      return unread.files.length === 0;
    });
    assert.equal((await it.status()).library.tracks, TRACKS + 1);
  },
});
