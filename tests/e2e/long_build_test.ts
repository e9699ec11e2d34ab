/** A library that has to be built from the log first, which takes longer than a mount waits. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openEventLog } from "../../events/mod.ts";
import { openLibrary } from "../../projections/mod.ts";
import { FIRST_DIRECTORY_ID } from "../../src/base/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { syntheticEvents } from "../support/synthetic_library.ts";
import { until } from "../support/until.ts";

const FILES = 40_000;

Deno.test({
  name: "mount --daemon waits for a build, while the mount answers and is still empty",
  ignore: !needs("/dev/fuse"),
  async fn() {
    await using it = new Installation();
    it.env = { MUSICFS_BUILD_WAIT_MS: "0", MUSICFS_WATCH: "off" };
    it.configure(`[[origins]]\nid = "local"\npath = "${it.origin}"\n`);
    const log = openEventLog(it.stateDir);
    await log.append([...syntheticEvents(FILES, { root: it.origin })]);
    await log.close();

    const [program, ...args] = it.command([
      ...["mount", it.mountpoint, "--daemon", "--no-scan"],
    ]);
    const child = new Deno.Command(program!, {
      args,
      env: it.environment(),
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let ended = false;
    const output = child.output().finally(() => ended = true);
    let engine: number | null = null;
    try {
      await until("the library is being built", 60_000, async () => {
        const status = await it.status().catch(() => undefined);
        if (!status?.build?.of) return false;
        engine = status.engine.pid;
        Deno.kill(engine!, "SIGSTOP");
        return true;
      });
      await until("it is mounted", 30_000, async () => (await it.status()).mounts.length > 0);
      const { build } = await it.status();
      assert(build !== null && build.events < build.of, JSON.stringify(build));
      assert.match((await it.musicfs(["status"])).stdout, /^library +Building the library/m);
      assert.equal((await run(["stat", it.mountpoint], { seconds: 10 })).code, 0);
      const listed = await run(["ls", it.mountpoint], { seconds: 10 });
      assert.match(listed.stderr, /Input\/output error/);
      assert.equal(ended, false, "the command waits as long as the library is being built");
    } finally {
      if (engine !== null) Deno.kill(engine, "SIGCONT");
    }
    const { code, stderr } = await output;
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const { mounts: [mount], library, build } = await it.status();
    try {
      assert.equal(library.tracks, FILES);
      assert.equal(build, null);
      const { stdout } = await run(["ls", it.mountpoint], { seconds: 30 });
      assert.match(stdout, /^Artist 000000$/m);
      const said = Deno.readTextFileSync(`${it.stateDir}/mount.log`);
      assert.match(said, /input\/output error until the library was built/);
    } finally {
      assert.equal((await it.musicfs(["unmount", it.mountpoint])).code, 0);
      await until("the daemon ends", 15_000, () => {
        try {
          Deno.statSync(`/proc/${mount!.pid}`);
          return false;
        } catch {
          return true;
        }
      });
    }
  },
});

Deno.test({
  name: "a library of the previous layout serves until one of this layout is built",
  ignore: !needs("/dev/fuse"),
  async fn() {
    await using it = new Installation();
    it.env = { MUSICFS_WATCH: "off" };
    const log = openEventLog(it.stateDir);
    await log.append([...syntheticEvents(FILES, { root: it.origin })]);
    const directory = `${it.cacheDir}/projections`;
    const projector = await openLibrary({ directory, log });
    const { file } = projector;
    await projector.close();
    await log.close();
    const db = new DatabaseSync(`${directory}/${file}`);
    db.exec(`
      DROP INDEX nodes_by_id;
      DROP INDEX nodes_listed;
      DROP INDEX nodes_of_directories;
      ALTER TABLE nodes DROP COLUMN kind;
      ALTER TABLE nodes RENAME COLUMN version TO changed_seq;
      ALTER TABLE files RENAME COLUMN content TO changed_seq;
      CREATE UNIQUE INDEX nodes_of_directories ON nodes (id) WHERE id >= ${FIRST_DIRECTORY_ID};
      CREATE UNIQUE INDEX nodes_of_tracks ON nodes (id) WHERE id < ${FIRST_DIRECTORY_ID};
      CREATE TABLE manifests (file INTEGER, version INTEGER, bytes INTEGER, provisional_bytes INTEGER);
      CREATE TABLE parts (
        file INTEGER, version INTEGER, offset INTEGER, length INTEGER, chunk INTEGER, provisional INTEGER
      );
      CREATE TABLE chunks (id INTEGER PRIMARY KEY, hash TEXT, length INTEGER, refs INTEGER);
      CREATE TABLE content_totals (
        id INTEGER, bytes INTEGER, chunks INTEGER, part_bytes INTEGER, metadata_bytes INTEGER
      );
      INSERT INTO content_totals VALUES (1, 0, 0, 0, 0);
      UPDATE library SET schema = 11;
    `);
    db.close();

    await it.mount(["--no-scan"]);
    let engine: number | null = null;
    try {
      await until("an engine is at work", 60_000, async () => {
        engine = (await it.status()).engine.pid;
        if (engine === null) return false;
        Deno.kill(engine, "SIGSTOP");
        return true;
      });
      const current = () => Deno.readTextFileSync(`${directory}/CURRENT`).trim();
      assert.equal(current(), file, "the new one can't have been built in that time");
      const listed = await run(["ls", it.mountpoint], { seconds: 30 });
      assert.match(listed.stdout, /^Artist 000000$/m);
      assert.equal((await it.status()).library.tracks, FILES);
      const numbers = () => run(["ls", "-i", `${it.mountpoint}/Artist 000000`], { seconds: 30 });
      const before = (await numbers()).stdout;
      Deno.kill(engine!, "SIGCONT");
      await until("the new one serves", 60_000, () => current() !== file);
      await until("it is read", 30_000, async () => (await it.status()).build === null);
      assert.equal((await numbers()).stdout, before);
      assert.notEqual(before, "");
    } finally {
      if (engine !== null) continued(engine);
    }
  },
});

function continued(pid: number): void {
  try {
    Deno.kill(pid, "SIGCONT");
  } catch {
    // The process has ended.
  }
}
