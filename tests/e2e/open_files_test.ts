/** When players use up all descriptors, the daemon still answers requests. */
import assert from "node:assert/strict";
import { flacFile } from "../../scripts/audio/mod.ts";
import { Installation } from "../support/daemon.ts";
import { Conversation } from "../support/fuse_mount.ts";
import { needs } from "../support/needs.ts";
import { write } from "../support/tree.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "timeout", "python3", "prlimit");
const LIMIT = 256;
const FILES = 400;

/** Opens and reads every file below a directory, holds them open, and prints their number and why it ended. */
const HOLD = `
import errno, os, sys
held, why = [], "none"
for directory, _, names in os.walk(sys.argv[1]):
    for name in names:
        try:
            fd = os.open(os.path.join(directory, name), os.O_RDONLY)
            os.read(fd, 1)
            held.append(fd)
        except OSError as error: why = errno.errorcode[error.errno]
print(len(held), why, flush=True)
sys.stdin.read()
`;

/** An installation whose daemon may have few files open. */
class Narrow extends Installation {
  override command(args: readonly string[]): string[] {
    const command = super.command(args);
    return args[0] === "mount" ? ["prlimit", `--nofile=${LIMIT}`, ...command] : command;
  }
}

Deno.test({
  name: "at the limit of open files the control socket answers, and a rescan runs",
  ignore: !ready,
  async fn() {
    await using it = new Narrow();
    it.env = { MUSICFS_PASSTHROUGH: "off", MUSICFS_ENGINE_IDLE_MS: "300", MUSICFS_WATCH: "off" };
    it.configure(
      `template = "$title.$format"\n[[origins]]\nid = "here"\npath = "${it.origin}"\n`,
    );
    for (let i = 0; i < FILES; i++) {
      write(`${it.origin}/${i}.flac`, flacFile({ title: `${i}`, artist: "Ann" }, { seed: i }));
    }
    await it.mountAndScan();
    await until(
      "the engine leaves",
      20_000,
      async () => (await it.status()).engine.state === "off",
    );
    const holder = new Conversation(
      new Deno.Command("python3", {
        args: ["-c", HOLD, it.mountpoint],
        stdin: "piped",
        stdout: "piped",
      }).spawn(),
    );
    try {
      const told = await holder.heard();
      const [count, why] = told.split(" ");
      assert.ok(Number(count) > LIMIT / 2 && Number(count) < LIMIT, told);
      assert.equal(why, "EMFILE");
      assert.equal((await it.status()).library.tracks, FILES);
      write(`${it.origin}/new.flac`, flacFile({ title: "New", artist: "Ann" }, { seed: FILES }));
      const [scan] = await it.rescan();
      assert.equal(scan!.outcome, "completed", it.log);
      assert.equal((await it.status()).library.tracks, FILES + 1);
    } finally {
      await holder.end();
    }
  },
});
