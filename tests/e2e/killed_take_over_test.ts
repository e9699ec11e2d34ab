/**
 * The facts about the cache in an older library log are taken over in one step. When the process is killed at any
 * moment, the facts are where they were or taken over, and none is lost.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
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
    const patience = AbortSignal.timeout(60_000);
    const writing = untilThere(() => existsSync(log), patience).then(async () => {
      const begun = performance.now();
      await untilThere(() => holdsLog(log), patience);
      return performance.now() - begun;
    });
    const whole = await it.json<Verification>(["cache", "verify"]);
    const wholeMs = performance.now() - started;
    const writingMs = await writing;
    assert.ok(whole.chunks > 5 && whole.orphans === 0 && whole.corrupt.length === 0);
    const said = saidIn(log);
    assert.ok(said.length > 0);
    const found = { nothing: 0, begun: 0, done: 0 };
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
      // Every second kill comes while the new log is written, which is a small part of the whole.
      const [of, from] = round % 2 === 0
        ? [wholeMs, () => true] as const
        : [writingMs, () => existsSync(log)] as const;
      const afterMs = random(1_000) / 1_000 * of;
      const over = new AbortController();
      const killing = untilThere(from, over.signal)
        .then(() => new Promise((resolve) => setTimeout(resolve, afterMs)))
        .then(() => {
          try {
            child.kill("SIGKILL");
          } catch {
            // The process ended before the kill.
          }
        });
      await child.status;
      over.abort();
      await killing;
      found[holdsLog(log) ? "done" : existsSync(log) ? "begun" : "nothing"]++;
      if (holdsLog(log)) assert.deepEqual(saidIn(log), said, `${at}: all of it, or nothing`);
      assert.deepEqual(await it.json<Verification>(["cache", "verify"]), whole, at);
      assert.deepEqual(saidIn(log), said, at);
      assert.equal((await it.musicfs(["events", "verify"])).code, 0, at);
    }
    console.log(
      `of ${KILLS} kills ${found.begun} came while the log was written, ` +
        `${found.nothing} before, ${found.done} after`,
    );
  },
});

/** Resolves when a condition holds, or the signal is aborted. */
async function untilThere(holds: () => boolean, over: AbortSignal): Promise<void> {
  while (!holds() && over.aborted !== true) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** The stored content, as the queries return it. */
function saidIn(directory: string): unknown[] {
  const log = openEventLog(directory, { readOnly: true, vocabulary: CACHE_VOCABULARY });
  try {
    return [...log.read()].filter(({ type }) => type === "ChunksStored");
  } finally {
    void log.close();
  }
}
