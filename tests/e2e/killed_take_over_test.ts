/**
 * The facts about the cache in an older library log are taken over in one step. When the process is killed at any
 * moment, the facts are where they were or taken over, and none is lost.
 */
import assert from "node:assert/strict";
import { randomNumbers } from "../../scripts/audio/bytes.ts";
import { CACHE_VOCABULARY, holdsLog, openEventLog } from "../../events/mod.ts";
import { Installation } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { unpackOlderLibrary } from "../support/older_library.ts";

const ready = needs("/dev/fuse", "timeout", "tar");
/** How many times the process is killed; a number in the environment makes it a long run. */
const KILLS = Number(Deno.env.get("MUSICFS_TEST_KILLS") ?? 3);
const SEED = Number(Deno.env.get("MUSICFS_TEST_SEED") ?? 20261130);

interface Verification {
  chunks: number;
  bytes: number;
  corrupt: unknown[];
  orphans: number;
}

Deno.test({
  name: "the take-over of a cache that is killed at any moment is not begun, or done",
  ignore: !ready,
  async fn() {
    const random = randomNumbers(SEED);
    await using it = new Installation({ config: "" });
    const answers = await unpackOlderLibrary(it.base);
    it.configure(answers.config);
    it.env = { AWS_ACCESS_KEY_ID: "S3RVER", AWS_SECRET_ACCESS_KEY: "S3RVER" };
    const log = `${it.cacheDir}/chunks/log`;
    const started = performance.now();
    const whole = await it.json<Verification>(["cache", "verify"]);
    const wholeMs = performance.now() - started;
    assert.ok(whole.chunks > 5 && whole.orphans === 0 && whole.corrupt.length === 0);
    const said = saidIn(log);
    assert.ok(said.length > 0);
    let begun = 0;
    for (let round = 0; round < KILLS; round++) {
      const at = `round ${round} of seed ${SEED}`;
      for (const directory of [it.stateDir, it.cacheDir]) {
        Deno.removeSync(directory, { recursive: true });
      }
      await unpackOlderLibrary(it.base);
      const command = it.command(["cache", "verify", "--json"]);
      const child = new Deno.Command(command[0]!, {
        args: command.slice(1),
        env: it.environment(),
        ...{ stdin: "null", stdout: "null", stderr: "null" },
      }).spawn();
      const timer = setTimeout(() => {
        try {
          child.kill("SIGKILL");
        } catch {
          // The process ended before the kill.
        }
      }, random(1_000) / 1_000 * wholeMs);
      await child.status;
      clearTimeout(timer);
      if (holdsLog(log)) {
        begun++;
        assert.deepEqual(saidIn(log), said, `${at}: all of it, or nothing`);
      }
      assert.deepEqual(await it.json<Verification>(["cache", "verify"]), whole, at);
      assert.deepEqual(saidIn(log), said, at);
      assert.equal((await it.musicfs(["events", "verify"])).code, 0, at);
    }
    console.log(`${begun} of ${KILLS} were taken over when they were killed`);
  },
});

/** The stored content, as the queries return it. */
function saidIn(directory: string): unknown[] {
  const log = openEventLog(directory, { readOnly: true, vocabulary: CACHE_VOCABULARY });
  try {
    return [...log.read()].filter(({ type }) => type === "ChunksStored");
  } finally {
    void log.close();
  }
}
