/** The behaviour of a daemon at SIGHUP, and when the kernel closes the connection. */
import assert from "node:assert/strict";
import { makeLibrary } from "../../scripts/make_library.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { filesBelow } from "../support/tree.ts";
import { until } from "../support/until.ts";

const mountable = needs("/dev/fuse");
const isRoot = Deno.uid() === 0;

function config(it: Installation, template: string, more = ""): string {
  return `template = "${template}"\n\n[[origins]]\nid = "music"\npath = "${it.origin}"\n${more}`;
}

Deno.test({
  name:
    "SIGHUP has the configuration read again: settings that can change do, the others are named",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    it.configure(config(it, "$artist/$title.$format"));
    const made = makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 2 });
    const second = `${it.base}/more`;
    makeLibrary(second, { artists: 2, albums: 1, tracks: 3 });
    await it.mountAndScan();
    assert.equal(filesBelow(it.mountpoint).length, made.files);
    const said = (text: string) => until(text, 30_000, () => it.log.includes(text));
    const { pid } = it.daemon!;

    it.daemon!.kill("SIGHUP");
    await said("read the configuration again: nothing else is in force");

    const more = `\n[[origins]]\nid = "more"\npath = "${second}"\n`;
    it.configure(config(it, "$album/$title.$format", more));
    it.daemon!.kill("SIGHUP");
    await said("read the configuration again; new are: template, origins");
    await until("both origins are shown", 60_000, async () => {
      const { origins, library } = await it.status();
      return origins.length === 2 && library.tracks > made.files;
    });
    const shown = await run(["find", it.mountpoint, "-mindepth", "2", "-type", "f"]);
    assert.match(shown.stdout, /\.\w+\n/);
    // A watch covers the origin that was added.
    const { library: { tracks } } = await it.status();
    makeLibrary(second, { artists: 3, albums: 1, tracks: 3 });
    await until("a new file", 30_000, async () => (await it.status()).library.tracks > tracks);

    it.configure("template = 7\n");
    it.daemon!.kill("SIGHUP");
    await said("the configuration cannot be used: what was in force stays in force");
    assert.match(it.log, /config\.toml:1: .*template/);

    it.configure(
      config(it, "$album/$title.$format", `\n[[origins]]\nid = "x"\npath = "${it.base}"\n`),
    );
    it.daemon!.kill("SIGHUP");
    await until(
      "what lies above the mount is refused",
      30_000,
      () => /it lies inside/.test(it.log),
    );
    assert.equal((await it.status()).origins.length, 2);
    assert.equal(it.daemon!.pid, pid);
    assert.match(it.log, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d musicfs mount info: /m);
  },
});

Deno.test({
  name:
    "when the kernel's connection is broken, the daemon takes the mount off, says so, and fails",
  ignore: !mountable || !isRoot,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 1 });
    await it.mountAndScan();
    const daemon = it.daemon!;
    const shell = new Deno.Command("bash", {
      args: ["-c", "echo here; read -r _"],
      cwd: it.mountpoint,
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const output = shell.stdout.getReader();
    await output.read();
    // umount fails since the mount is busy, but it has broken the connection by then.
    assert.notEqual((await run(["umount", "-f", it.mountpoint])).code, 0);
    assert.equal((await daemon.status).code, 1);
    await it.unmount();
    assert.match(it.log, /connection to .* was broken from outside/);
    assert.deepEqual([...Deno.readDirSync(it.mountpoint)], []);
    await output.cancel();
    await shell.stdin.close();
    await shell.status;
    await it.mount();
  },
});

Deno.test({
  name:
    "a daemon whose log of messages has grown puts it aside, and its engine writes to the new one",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 1 });
    Deno.mkdirSync(it.stateDir);
    const log = `${it.stateDir}/mount.log`;
    Deno.writeTextFileSync(log, "old\n".repeat(1_100_000));
    const { code, stderr } = await it.musicfs([
      ...["mount", it.mountpoint, "--origin", it.origin, "--daemon", "--log-level", "debug"],
    ]);
    assert.equal(code, 0, stderr);
    await it.scanned();
    assert.equal((await it.musicfs(["unmount", it.mountpoint])).code, 0);
    await until("it has ended", 15_000, () => it.status().then(() => false, () => true));
    await until("the engine's last words", 15_000, () => {
      return /^\S+ \S+ musicfs engine debug: /m.test(Deno.readTextFileSync(log));
    });
    assert.match(Deno.readTextFileSync(log), /^\S+ \S+ musicfs mount info: /m);
    assert(Deno.statSync(log).size < 100_000);
    assert(Deno.statSync(`${log}.1`).size > 4_000_000);
  },
});

Deno.test({
  name: "without HOME a mount works when the directories are named",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 1 });
    const command = [
      "env",
      "-u",
      "HOME",
      "-u",
      "XDG_CONFIG_HOME",
      ...it.command([
        ...["mount", it.mountpoint, "--origin", it.origin, "--daemon"],
      ]),
    ];
    const { code, stderr } = await run(command, { env: it.environment() });
    assert.equal(code, 0, stderr);
    await it.scanned();
    assert.equal(filesBelow(it.mountpoint).length, 1);
    assert.equal((await it.musicfs(["unmount", it.mountpoint])).code, 0);
    const without = await run(["env", "-u", "HOME", ...it.command(["config", "show"])], {
      env: { ...it.environment(), XDG_CONFIG_HOME: "" },
    });
    assert.equal(without.code, 0, without.stderr);
  },
});
