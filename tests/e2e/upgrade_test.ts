/** An upgrade under a running mount: the next engine comes from other sources than the mount itself. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { makeLibrary } from "../../scripts/make_library.ts";
import { Installation } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { filesBelow } from "../support/tree.ts";
import { until } from "../support/until.ts";

const mountable = needs("/dev/fuse");
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PARTS = ["main.ts", "deno.json", "deno.lock", "src", "events", "projections"];

/** The program from a copy of the sources, which a test may change while it runs. */
class CopiedInstallation extends Installation {
  readonly sources = `${this.base}/sources`;

  constructor() {
    super();
    this.env = { MUSICFS_ENGINE_IDLE_MS: "200", MUSICFS_WATCH: "off" };
    Deno.mkdirSync(this.sources);
    for (const part of PARTS) {
      const { success } = new Deno.Command("cp", {
        args: ["-r", `${ROOT}/${part}`, this.sources],
      }).outputSync();
      assert(success, part);
    }
  }

  override command(args: readonly string[]): string[] {
    const main = `${this.sources}/main.ts`;
    return [Deno.execPath(), "run", "--quiet", "-A", main, ...args, ...this.globals];
  }

  change(path: string, from: string | RegExp, to: string): void {
    const before = Deno.readTextFileSync(`${this.sources}/${path}`);
    const after = before.replace(from, to);
    assert.notEqual(after, before, path);
    Deno.writeTextFileSync(`${this.sources}/${path}`, after);
  }

  /** Waits until the engine has ended, so that the next request starts one. */
  async atRest(): Promise<void> {
    await this.scanned();
    await until(
      "the engine leaves",
      20_000,
      async () => (await this.status()).engine.state === "off",
    );
  }

  said(text: string): number {
    return this.log.split(text).length - 1;
  }
}

Deno.test({
  name: "an engine of another version works with the mount, which says so once",
  ignore: !mountable,
  async fn() {
    await using it = new CopiedInstallation();
    const made = makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 3 });
    await it.mount();
    await it.atRest();
    assert.notEqual((await it.status()).engine.version, "99.0.0");
    it.change("src/base/version.ts", /VERSION = ".*"/, 'VERSION = "99.0.0"');
    for (let i = 0; i < 2; i++) {
      assert.equal((await it.rescan())[0]!.listed, made.files);
      await it.atRest();
    }
    const { engine } = await it.status();
    assert.equal(engine.version, "99.0.0");
    assert.equal(engine.problem, null);
    assert.equal(it.said("the engine is MusicFS 99.0.0"), 1, it.log);
  },
});

Deno.test({
  name: "an engine of another layout changes nothing, and the mount says what it can't do any more",
  ignore: !mountable,
  async fn() {
    await using it = new CopiedInstallation();
    const made = makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 3 });
    await it.mount();
    await it.atRest();
    const library = () =>
      [...Deno.readDirSync(`${it.cacheDir}/projections`)].map(({ name }) => name);
    const before = library().sort();
    it.change("projections/library_file.ts", /SCHEMA = \d+/, "SCHEMA = 9999");
    makeLibrary(it.origin, { artists: 2, albums: 1, tracks: 3 });
    for (let i = 0; i < 2; i++) {
      const rescan = await it.musicfs(["origin", "rescan", "--wait"]);
      assert.equal(rescan.code, 1, rescan.stderr);
      assert.match(rescan.stderr, /There is no engine: it is MusicFS .*layout 9999.*\nhint: /);
    }
    const { engine } = await it.status();
    assert.equal(engine.state, "off");
    assert.match(engine.problem!, /layout 9999/);
    assert.equal(it.said("the engine cannot be used"), 1, it.log);
    assert.equal(filesBelow(it.mountpoint).length, made.files);
    assert.deepEqual(library().sort(), before);

    await it.unmount();
    // The parts of the old layout are shown at once, and the new parts once the library of this layout is built.
    await it.mount();
    assert(filesBelow(it.mountpoint).length >= made.files);
    await until("what is new is shown", 60_000, () => {
      return filesBelow(it.mountpoint).length > made.files;
    });
    assert((await it.status()).library.tracks > made.files);
  },
});

Deno.test({
  name: "the mount does not work with an engine from before the handshake",
  ignore: !mountable,
  async fn() {
    await using it = new CopiedInstallation();
    const made = makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 3 });
    await it.mount();
    await it.atRest();
    it.change("src/engine/engine_process.ts", 'peer.notify("engine.hello", program);', "");
    const rescan = await it.musicfs(["origin", "rescan", "--wait"]);
    assert.equal(rescan.code, 1, rescan.stderr);
    assert.match((await it.status()).engine.problem!, /MusicFS unknown/);
    assert.equal(filesBelow(it.mountpoint).length, made.files);
  },
});
