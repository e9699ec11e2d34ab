/**
 * Changes of an origin, as the mount shows them.
 */
import assert from "node:assert/strict";
import { makeLibrary } from "../../scripts/make_library.ts";
import { flacFile, mp3File } from "../../scripts/audio/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { exists, filesBelow, sha256, write } from "../support/tree.ts";
import { until } from "../support/until.ts";

const mountable = needs("/dev/fuse");

Deno.test({
  name: "a file that is added, retagged, moved or deleted is seen in the mount within 2 s",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    const sound = { seconds: 1, seed: 5 };
    write(
      `${it.origin}/in/one.flac`,
      flacFile({ title: "One", artist: "A", album: "B", track: 1 }, sound),
    );
    await it.mountAndScan(["--template", "$artist/$album/$track $title.$format"]);
    const at = (path: string) => `${it.mountpoint}/${path}`;
    assert.ok(exists(at("A/B/01 One.flac")));
    assert.ok(!exists(at("A/B/02 Two.flac")), "the kernel now remembers that it isn't there");
    const inode = Deno.statSync(at("A/B/01 One.flac")).ino;

    write(
      `${it.origin}/in/new/two.mp3`,
      mp3File({ title: "Two", artist: "A", album: "B", track: 2 }, sound),
    );
    await until("a new file in a new directory", 2000, () => exists(at("A/B/02 Two.mp3")));

    write(
      `${it.origin}/in/one.flac`,
      flacFile({ title: "Uno", artist: "A", album: "B", track: 1 }, sound),
    );
    await until(
      "the new title",
      2000,
      () => exists(at("A/B/01 Uno.flac")) && !exists(at("A/B/01 One.flac")),
    );
    assert.equal(Deno.statSync(at("A/B/01 Uno.flac")).ino, inode, "it is the same track");
    assert.equal(sha256(at("A/B/01 Uno.flac")), sha256(`${it.origin}/in/one.flac`));

    Deno.renameSync(`${it.origin}/in/one.flac`, `${it.origin}/in/new/renamed.flac`);
    await until("the move", 2000, async () => {
      const { stdout } = await run([
        "getfattr",
        "--only-values",
        "-n",
        "user.musicfs.real_path",
        at("A/B/01 Uno.flac"),
      ]);
      return stdout.endsWith("/in/new/renamed.flac");
    });
    assert.equal(
      Deno.statSync(at("A/B/01 Uno.flac")).ino,
      inode,
      "a moved file keeps its identity",
    );

    Deno.removeSync(`${it.origin}/in/new/two.mp3`);
    await until("the deletion", 2000, () => !exists(at("A/B/02 Two.mp3")));
    assert.deepEqual(filesBelow(it.mountpoint), ["A/B/01 Uno.flac"]);
  },
});

Deno.test({
  name:
    "a file that is written in place and gets its size and time back is read anew, also by its former readers",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    const file = `${it.origin}/one.flac`;
    const of = (title: string, seed: number) =>
      flacFile({ title, artist: "A", album: "B", track: 1 }, { seconds: 2, seed });
    write(file, of("One", 5));
    await it.mountAndScan(["--template", "$artist/$album/$track $title.$format"]);
    const at = (title: string) => `${it.mountpoint}/A/B/01 ${title}.flac`;
    assert.equal(sha256(at("One")), sha256(file));
    const { size, mtime } = Deno.statSync(file);
    write(file, of("Uno", 6));
    Deno.utimeSync(file, mtime!, mtime!);
    const after = Deno.statSync(file);
    assert.deepEqual([after.size, after.mtime], [size, mtime]);
    await until("the new title", 5_000, () => exists(at("Uno")) && !exists(at("One")));
    assert.equal(sha256(at("Uno")), sha256(file));
    // Only the sound changes; tags, size and time stay.
    write(file, of("Uno", 7));
    Deno.utimeSync(file, mtime!, mtime!);
    await until("the new sound", 5_000, async () => {
      const read = await run(["sha256sum", at("Uno")]);
      return read.code === 0 && read.stdout.startsWith(sha256(file));
    });
  },
});

Deno.test({
  name: "a rescan with nothing changed appends no file events",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 2, albums: 2, tracks: 5 });
    await it.mountAndScan();
    const [summary] = await it.rescan();
    assert.deepEqual(
      [summary!.listed, summary!.read, summary!.removed],
      [20, 0, 0],
    );
    const [full] = await it.rescan({ full: true });
    assert.equal(full!.read, 20);
  },
});

Deno.test({
  name:
    "the tree of a vanished origin stays, and so do files of an origin that lost most of them, until confirmed",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 3, albums: 2, tracks: 6, formats: ["flac"] });
    await it.mountAndScan();
    const before = filesBelow(it.mountpoint);
    Deno.renameSync(it.origin, `${it.origin}.gone`);
    const [down] = await it.rescan();
    assert.equal(down!.outcome, "failed");
    assert.deepEqual(filesBelow(it.mountpoint), before);
    assert.equal((await it.status()).origins[0]!.health, "down");

    Deno.mkdirSync(it.origin);
    const [empty] = await it.rescan();
    assert.equal(empty!.outcome, "held");
    assert.deepEqual(filesBelow(it.mountpoint), before, "an empty listing removes nothing");
    const { origins: [origin] } = await it.status();
    assert.equal(origin!.held_removals, before.length);

    const confirmed = await it.musicfs(["origin", "confirm-removals", origin!.id]);
    assert.equal(confirmed.code, 0, confirmed.stderr);
    await it.rescan();
    assert.deepEqual(filesBelow(it.mountpoint), []);

    Deno.removeSync(it.origin);
    Deno.renameSync(`${it.origin}.gone`, it.origin);
    await it.rescan();
    assert.deepEqual(filesBelow(it.mountpoint), before, "and all of it comes back");
  },
});
