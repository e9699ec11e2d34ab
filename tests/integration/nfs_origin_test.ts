/**
 * An NFS origin over a file system that hangs: a FUSE server of this test, which is stopped. Its callers wait in the
 * kernel, as they do for a dead NFS server.
 */
import assert from "node:assert/strict";
import {
  HealthChecks,
  NfsOrigin,
  openOrigin,
  OriginDown,
  OriginNotFound,
  OriginTimedOut,
  OriginUnreachable,
  readBytes,
} from "../../src/origins/mod.ts";
import { HangingFs } from "../support/hanging_fs.ts";
import { needs } from "../support/needs.ts";
import { until } from "../support/until.ts";

/** The first wait may include the start of a process on a busy machine. */
const DEADLINE_MS = 3_000;
/** What a busy machine may add to a deadline. */
const SLACK_MS = 5_000;
const PATIENCE_MS = 10_000;
const SONG = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 31) % 251);
const options = { ignore: !needs("/dev/fuse", "umount") };

async function withShare(run: (share: HangingFs) => Promise<void>): Promise<void> {
  await using share = await HangingFs.start();
  Deno.mkdirSync(`${share.source}/album`);
  Deno.writeFileSync(`${share.source}/album/song.flac`, SONG);
  await run(share);
}

async function withOrigin(
  run: (origin: NfsOrigin, share: HangingFs) => Promise<void>,
): Promise<void> {
  await withShare(async (share) => {
    const origin = new NfsOrigin("nas", share.mountpoint, DEADLINE_MS);
    // The share ends after this, and releases the processes that hang.
    await run(origin, share).finally(() => origin.close());
  });
}

async function paths(origin: Pick<NfsOrigin, "list">): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of origin.list()) found.push(...batch.map(({ path }) => path));
  return found;
}

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

Deno.test(
  "a share that hangs costs one deadline; it is used again when it answers, without a restart",
  options,
  () =>
    withShare(async (share) => {
      const health: string[] = [];
      const description = {
        id: "nas",
        type: "nfs",
        root: share.mountpoint,
        bandwidth: null,
        dailyBudget: null,
      } as const;
      const { origin, circuit, latency, egress } = await openOrigin(description, {
        deadlineMs: DEADLINE_MS,
        onHealth: ({ health: now, reason }) =>
          health.push(reason === null ? now : `${now} ${reason}`),
      });
      const checks = new HealthChecks(100);
      try {
        assert.deepEqual(await paths(origin), ["album/song.flac"]);
        assert.deepEqual(await readBytes(origin, "album/song.flac", 0, SONG.length), SONG);
        assert.equal(egress.total, SONG.length);
        assert.ok(latency.median! > 0 && latency.median! < DEADLINE_MS);

        await share.hang();
        const first = await elapsed(() =>
          assert.rejects(readBytes(origin, "album/song.flac", 0, 10), OriginUnreachable)
        );
        assert.ok(first >= DEADLINE_MS && first < DEADLINE_MS + SLACK_MS, `${first} ms`);
        const others = await elapsed(async () => {
          for (let i = 0; i < 50; i++) {
            await assert.rejects(origin.stat("album/song.flac"), OriginDown);
          }
        });
        assert.ok(others < DEADLINE_MS, `${others} ms for 50 calls of an origin that is down`);
        assert.equal(circuit.health.health, "down");

        checks.watch(origin);
        await share.recover();
        await until("the share is up", PATIENCE_MS, () => circuit.health.health === "up");
        assert.deepEqual(await readBytes(origin, "album/song.flac", 5, 10), SONG.slice(5, 15));
        assert.equal(health.length, 3, health.join(", "));
        assert.match(health[1]!, /^down Cannot .*: no answer within 3000 ms$/);
      } finally {
        checks.stop();
        await origin.close();
      }
    }),
);

Deno.test(
  "a read that hangs holds up nothing else, and its process goes when the kernel lets it",
  options,
  () =>
    withOrigin(async (origin, share) => {
      await share.hangReads();
      const reading = assert.rejects(readBytes(origin, "album/song.flac", 0, 10), OriginTimedOut);
      const stats = await elapsed(async () => {
        for (let i = 0; i < 10; i++) {
          assert.equal((await origin.stat("album/song.flac")).size, SONG.length);
        }
      });
      assert.ok(stats < DEADLINE_MS, `${stats} ms for 10 looks beside a read that hangs`);
      await reading;
      assert.equal(origin.stuck, 1);
      await share.recover();
      await until("the process is gone", PATIENCE_MS, () => origin.stuck === 0);
      assert.equal(
        (await readBytes(origin, "album/song.flac", 0, SONG.length)).length,
        SONG.length,
      );
    }),
);

Deno.test(
  "processes that no signal reaches are left behind, and others take their place",
  options,
  () =>
    withOrigin(async (origin, share) => {
      for (let i = 0; i < 4; i++) Deno.writeFileSync(`${share.source}/${i}`, SONG);
      const four = [0, 1, 2, 3];
      const read = (name: number) => readBytes(origin, `${name}`, 0, 1);
      // With slow answers each read gets its own process.
      await share.slow(100);
      await Promise.all(four.map(read));
      await share.hangReads(4);
      await Promise.all(four.map((name) => assert.rejects(read(name), OriginTimedOut)));
      assert.equal(origin.stuck, 4);
      for (let round = 0; round < 2; round++) {
        await Promise.all(four.map((name) => assert.rejects(read(name), OriginTimedOut)));
        assert.ok(origin.stuck >= 4 && origin.stuck <= 8, `${origin.stuck} processes`);
      }
      await share.recover();
      await until("all of them are gone", PATIENCE_MS, () => origin.stuck === 0);
      assert.equal((await readBytes(origin, "0", 0, SONG.length)).length, SONG.length);
    }),
);

Deno.test(
  "a caller that gives up does not end the worker",
  options,
  () =>
    withOrigin(async (origin, share) => {
      await share.slow(DEADLINE_MS / 40);
      const signal = AbortSignal.timeout(20);
      await assert.rejects(origin.stat("album/song.flac", { signal }), { name: "TimeoutError" });
      assert.equal((await origin.stat("album/song.flac")).size, SONG.length);
      assert.equal(origin.stuck, 0);
    }),
);

for (const failure of ["ESTALE", "EIO"] as const) {
  Deno.test(
    `${failure} is no answer, and asking again may help`,
    options,
    () =>
      withOrigin(async (origin, share) => {
        await share.fail(failure);
        const isTemporary = (error: unknown) =>
          error instanceof OriginUnreachable && !error.isPermanent;
        await assert.rejects(origin.stat("album/song.flac"), isTemporary);
        await assert.rejects(readBytes(origin, "album/song.flac", 0, 1), isTemporary);
        await assert.rejects(paths(origin), isTemporary);
        await assert.rejects(origin.check(), isTemporary);
        await share.recover();
        assert.deepEqual(await paths(origin), ["album/song.flac"]);
      }),
  );
}

Deno.test(
  "a share that is no longer mounted has lost no file",
  options,
  () =>
    withOrigin(async (origin, share) => {
      assert.deepEqual(await paths(origin), ["album/song.flac"]);
      await assert.rejects(origin.stat("album/none.flac"), OriginNotFound);
      share.unmount();
      await assert.rejects(origin.stat("album/song.flac"), OriginUnreachable);
      await assert.rejects(readBytes(origin, "album/song.flac", 0, 1), OriginUnreachable);
      await assert.rejects(paths(origin), OriginUnreachable);
      await assert.rejects(origin.check(), /nothing is mounted there/);
    }),
);

Deno.test(
  "an engine exits while what it asked hangs where no signal reaches",
  options,
  () =>
    withShare(async (share) => {
      const module = new URL("../../src/origins/mod.ts", import.meta.url).href;
      const script = `
      import { NfsOrigin } from ${JSON.stringify(module)};
      const origin = new NfsOrigin("nas", Deno.args[0], ${DEADLINE_MS});
      await origin.check();
      console.log("ready");
      await Deno.stdin.read(new Uint8Array(1));
      await Promise.allSettled([origin.read("album/song.flac", 0, 1).next()]);
      const { stuck } = origin;
      await origin.close();
      Deno.exit(stuck === 1 ? 7 : 8);`;
      const child = new Deno.Command(Deno.execPath(), {
        args: ["eval", "--quiet", "--no-check", script, share.mountpoint],
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const output = child.stdout.getReader();
      assert.equal(new TextDecoder().decode((await output.read()).value), "ready\n");
      await share.hangReads(1);
      const input = child.stdin.getWriter();
      const took = await elapsed(async () => {
        await input.write(new Uint8Array(1));
        const kill = setTimeout(() => child.kill("SIGKILL"), 20_000);
        assert.equal((await child.status).code, 7);
        clearTimeout(kill);
      });
      assert.ok(took < DEADLINE_MS + SLACK_MS, `${took} ms`);
      await input.close().catch(() => {});
      await output.cancel();
    }),
);
