/** With hardly any descriptors, commands say so or do what they can, and never show a stack trace. */
import assert from "node:assert/strict";
import { flacFile } from "../../scripts/audio/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { write } from "../support/tree.ts";
import { until } from "../support/until.ts";

/** Signs of a crash: one of the runtime, a place in the sources, or the message for unexpected faults. */
const FAULT = /panicked|Stack backtrace|\n +at .*:\d+:\d+|Uncaught|fault of MusicFS/;

// The runtime itself does not start with fewer than about 25.
for (const limit of [28, 32, 40, 64]) {
  Deno.test({
    name: `with ${limit} open files at most, commands end with a plain message`,
    ignore: !needs("/dev/fuse", "prlimit"),
    async fn() {
      await using it = new Installation();
      it.env = { MUSICFS_WATCH: "off" };
      write(`${it.origin}/song.flac`, flacFile({ title: "Song" }, { seed: limit }));
      const limited = (args: string[]) => ["prlimit", `--nofile=${limit}`, ...it.command(args)];
      const env = it.environment();
      const ask = async (args: string[], codes: number[]) => {
        const { code, stdout, stderr } = await run(limited(args), { seconds: 40, env });
        assert.doesNotMatch(stdout + stderr, FAULT);
        assert.ok(codes.includes(code), `${args}: ${code}, ${stdout}${stderr}`);
        if (code === 1 && args[0] !== "doctor") assert.match(stderr, /open files/);
      };
      await ask(["status"], [3, 1]);
      await ask(["doctor"], [0, 1]);

      const [program, ...args] = limited(["mount", it.mountpoint, "--origin", it.origin]);
      const options = { args, env, stdin: "null", stdout: "null", stderr: "piped" } as const;
      const daemon = new Deno.Command(program!, options).spawn();
      const said = new Response(daemon.stderr).text();
      let ended: number | undefined;
      const end = daemon.status.then(({ code }) => ended = code);
      try {
        const answers = () => it.status().then(({ mounts }) => mounts.length > 0, () => false);
        await until(
          "it mounts or ends",
          60_000,
          async () => ended !== undefined || await answers(),
        );
        if (ended === undefined) {
          // Only a scan shows whether there are enough descriptors for the engine and its parsers.
          const { code, stdout, stderr } = await it.musicfs(["origin", "rescan", "--wait"]);
          assert.ok(code === 0 || code === 1, stdout + stderr);
          assert.doesNotMatch(stdout + stderr, FAULT);
          await ask(["status"], [0, 1]);
          daemon.kill("SIGTERM");
        }
      } finally {
        const timer = setTimeout(() => daemon.kill("SIGKILL"), 30_000);
        await end;
        clearTimeout(timer);
      }
      const log = await said;
      assert.doesNotMatch(log, FAULT);
      assert.ok(ended === 0 || ended === 1 && /open files/.test(log), `${ended}: ${log}`);
    },
  });
}

Deno.test({
  name: "a mount that can open no file any more ends with one SIGTERM, and leaves nothing mounted",
  ignore: !needs("/dev/fuse", "prlimit"),
  async fn() {
    await using it = new Installation();
    write(`${it.origin}/song.flac`, flacFile({ title: "Song" }, { seed: 1 }));
    await it.mountAndScan();
    const { pid } = (await it.status()).mounts[0]!;
    // The limit is lower than the number of its open files: each further one is refused.
    assert.equal((await run(["prlimit", "--pid", `${pid}`, "--nofile=3"])).code, 0);
    Deno.kill(pid, "SIGTERM");
    await until("it ended", 20_000, () => !isAlive(pid));
    assert.doesNotMatch(Deno.readTextFileSync("/proc/self/mountinfo"), new RegExp(it.mountpoint));
  },
});

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}
