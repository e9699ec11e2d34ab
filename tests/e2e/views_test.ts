/** `/.views/NAME/`: trees of the user's own, over a real mount with its engine. */
import assert from "node:assert/strict";
import { flacFile } from "../../scripts/audio/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { sha256, write } from "../support/tree.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "timeout", "find");

const CLASSICAL = `[[views]]
name = "Classical"
match = "genre:classical"
template = "$composer/$title.$format"
`;
const FLAT = `[[views]]
name = "Flat"
template = "$artist - $title.$format"
`;

class Library extends Installation {
  readonly views = `${this.mountpoint}/.views`;

  settings(views: string): void {
    this.configure(`${views}[[origins]]\nid = "mine"\npath = "${this.origin}"\n`);
  }

  put(title: string, genre: string): void {
    const tags = { title, genre, artist: "Ada", album: "One", track: 1, year: 1986 };
    const composer = "Bach";
    write(`${this.origin}/${title}.flac`, flacFile({ ...tags, composer }, { seconds: 1 }));
  }

  /** Everything below the views, sorted: paths, with a `/` at the end of directories. */
  async shown(): Promise<string[]> {
    const { stdout } = await run([
      ...["find", this.views, "-mindepth", "1", "-type", "d", "-printf", "%P/\\n"],
      ...["-o", "-mindepth", "1", "-printf", "%P\\n"],
    ]);
    return stdout.split("\n").filter((line) => line !== "").sort();
  }

  /** Waits until the views show this. */
  async showing(what: string, ...paths: string[]): Promise<void> {
    let shown: string[] = [];
    const isShown = async () => {
      shown = await this.shown();
      return JSON.stringify(shown) === JSON.stringify(paths);
    };
    await until(what, 30_000, isShown).catch(() => assert.deepEqual(shown, paths, what));
  }
}

Deno.test({
  name: "SEMANTICS 36: views are trees of the same files, and follow the tags and the settings",
  ignore: !ready,
  async fn() {
    await using it = new Library();
    it.settings(CLASSICAL);
    it.put("Fugue", "Classical");
    it.put("Song", "Pop");
    await it.mountAndScan();
    const fugue = `${it.views}/Classical/Bach/Fugue.flac`;
    await it.showing("the view", "Classical/", "Classical/Bach/", "Classical/Bach/Fugue.flac");
    const inTree = `${it.mountpoint}/Ada/One (1986) [FLAC]/01 - Fugue.flac`;
    const [here, there] = [fugue, inTree].map((path) => Deno.lstatSync(path));
    assert.deepEqual(
      [here!.ino, here!.size, here!.mtime, here!.mode, here!.uid],
      [there!.ino, there!.size, there!.mtime, there!.mode, there!.uid],
    );
    assert.equal(sha256(fugue), sha256(`${it.origin}/Fugue.flac`));
    assert.deepEqual([...Deno.readDirSync(it.mountpoint)].map(({ name }) => name), ["Ada"]);
    const { ino } = Deno.lstatSync(`${it.views}/Classical/Bach`);

    assert.throws(() => Deno.lstatSync(`${it.views}/Classical/Bach/Song.flac`));
    it.put("Song", "Classical");
    it.put("Sonata", "Classical");
    await it.showing(
      "tracks that came and changed",
      ...["Classical/", "Classical/Bach/", "Classical/Bach/Fugue.flac"],
      ...["Classical/Bach/Sonata.flac", "Classical/Bach/Song.flac"],
    );
    Deno.removeSync(`${it.origin}/Sonata.flac`);
    it.put("Fugue", "Pop");
    await it.showing(
      "tracks that went",
      ...["Classical/", "Classical/Bach/", "Classical/Bach/Song.flac"],
    );

    it.settings(CLASSICAL.replace("$composer", "Works of $composer") + FLAT);
    it.daemon!.kill("SIGHUP");
    await it.showing(
      "other views, without another mount",
      ...["Classical/", "Classical/Works of Bach/", "Classical/Works of Bach/Song.flac"],
      ...["Flat/", "Flat/Ada - Fugue.flac", "Flat/Ada - Song.flac"],
    );
    assert.match(it.log, /new are: views/);
    it.settings("");
    it.daemon!.kill("SIGHUP");
    await until("no views", 30_000, async () => (await run(["ls", it.views])).code !== 0);
    assert.throws(() => Deno.lstatSync(it.views), Deno.errors.NotFound);

    assert.equal(await it.unmount(), 0);
    it.settings(`${CLASSICAL}[tree]\nshow_hidden = true\n`);
    await it.mount();
    await it.showing(
      "views after another mount",
      ...["Classical/", "Classical/Bach/", "Classical/Bach/Song.flac"],
    );
    assert.equal(Deno.lstatSync(`${it.views}/Classical/Bach`).ino, ino, "numbers stay");
    const root = [...Deno.readDirSync(it.mountpoint)].map(({ name }) => name);
    assert.ok(root.includes(".views"));
    const { difference } = await it.json<{ difference: string | null }>(["events", "verify"]);
    assert.equal(difference, null);
  },
});
