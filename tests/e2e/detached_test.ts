/** A mount that is taken off while a player has a file of it open. */
import assert from "node:assert/strict";
import { makeLibrary } from "../../scripts/make_library.ts";
import { Installation } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { filesBelow } from "../support/tree.ts";
import { until } from "../support/until.ts";

const mountable = needs("/dev/fuse");

/** A process that holds the first file below a directory open, reads it on request, and prints the outcome. */
class Player implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;

  private constructor(directory: string) {
    this.#child = new Deno.Command("bash", {
      args: [
        "-c",
        'exec 3<"$(find "$1" -type f | head -n 1)"; echo open; while read -r _; do ' +
        "if cat <&3 >/dev/null 2>&1; then echo read; else echo failed; fi; done",
        "player",
        directory,
      ],
      cwd: "/",
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#output = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#input = this.#child.stdin.getWriter();
  }

  static async open(directory: string): Promise<Player> {
    const player = new Player(directory);
    assert.equal((await player.#output.read()).value, "open\n");
    return player;
  }

  get pid(): number {
    return this.#child.pid;
  }

  async read(): Promise<string | undefined> {
    await this.#input.write(new TextEncoder().encode("go\n"));
    return (await this.#output.read()).value?.trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await this.#output.cancel();
    await this.#child.status;
  }
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

Deno.test({
  name:
    "status names the processes that hold a detached mount, the next mount takes over, and the player reads on",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    const made = makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 2 });
    await it.mountAndScan();
    const former = it.daemon!.pid;
    const first = it.daemon!;
    {
      await using player = await Player.open(it.mountpoint);
      const unmounted = await it.musicfs(["unmount", it.mountpoint]);
      assert.equal(unmounted.code, 0, unmounted.stderr);
      assert.match(unmounted.stderr, new RegExp(`still open by bash \\(${player.pid}\\)`));
      const { mounts, detached } = await it.status();
      assert.deepEqual(mounts, []);
      assert.equal(detached?.mountpoint, it.mountpoint);
      assert.deepEqual(detached?.holders, [{ pid: player.pid, name: "bash" }]);
      const { stdout } = await it.musicfs(["status"]);
      assert.match(stdout, new RegExp(`^unmounted .*bash \\(${player.pid}\\)`, "m"));

      await it.mountAndScan();
      assert.notEqual(it.daemon!.pid, former);
      assert.equal(filesBelow(it.mountpoint).length, made.files);
      assert.equal((await it.status()).detached, null);
      assert.match(it.log, new RegExp(`Process ${former} serves what is still open`));
      assert.equal(await player.read(), "read");
      assert(isAlive(former));
    }
    await first.status;
    assert.equal(filesBelow(it.mountpoint).length, made.files);
  },
});

Deno.test({
  name: "a process with its working directory in a mount holds it as well",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 1 });
    await it.mountAndScan();
    const shell = new Deno.Command("bash", {
      args: ["-c", "echo here; read -r _"],
      cwd: it.mountpoint,
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const output = shell.stdout.getReader();
    await output.read();
    const unmounted = await it.musicfs(["unmount", it.mountpoint]);
    assert.match(unmounted.stderr, new RegExp(`bash \\(${shell.pid}\\)`));
    await output.cancel();
    await shell.stdin.close();
    await shell.status;
    await it.daemon!.status;
    it.daemon = undefined;
  },
});

Deno.test({
  name: "one SIGTERM ends the daemon, also when files are open; so does unmount --force",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 1 });
    await it.mountAndScan();
    {
      await using player = await Player.open(it.mountpoint);
      const daemon = it.daemon!;
      it.daemon = undefined;
      daemon.kill("SIGTERM");
      assert.equal((await daemon.status).code, 0);
      assert.equal(await player.read(), "failed");
    }
    await it.mountAndScan();
    {
      await using player = await Player.open(it.mountpoint);
      const daemon = it.daemon!;
      it.daemon = undefined;
      const { code, stderr } = await it.musicfs(["unmount", it.mountpoint, "--force"]);
      assert.equal(code, 0, stderr);
      assert.equal((await daemon.status).code, 0);
      assert.equal(await player.read(), "failed");
    }
    await it.mount();
  },
});

Deno.test({
  name: "unmount takes off the mount of a stopped daemon",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 1 });
    await it.mountAndScan();
    const daemon = it.daemon!;
    it.daemon = undefined;
    daemon.kill("SIGSTOP");
    try {
      const { code, stdout, stderr } = await it.musicfs(["unmount", it.mountpoint, "--json"]);
      assert.equal(code, 0, stderr);
      assert.equal(JSON.parse(stdout).by, "detach");
      assert.deepEqual([...Deno.readDirSync(it.mountpoint)], []);
    } finally {
      daemon.kill("SIGCONT");
    }
    // Nothing was open, so the kernel has closed the connection.
    assert.equal((await daemon.status).code, 0);
    await until("its socket is gone", 5_000, () => it.status().then(() => false, () => true));
  },
});
