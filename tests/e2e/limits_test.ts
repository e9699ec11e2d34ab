/** Limits of bandwidth and of bytes a day, over a real mount. */
import assert from "node:assert/strict";
import type { OriginStatus } from "../../src/control/protocol.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { noisyWav, openPlace, type RemotePlace, tagsOf } from "../support/remote_library.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "timeout", "cmp");
const MB = 1_000_000;

/** A test with two tracks on an S3 server, and further lines in the origin's table. */
function test(
  name: string,
  { keys, bytes }: { keys: string; bytes: number },
  body: (it: Installation, place: RemotePlace, paths: readonly string[]) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: !ready,
    fn: async () => {
      await using place = await openPlace("s3");
      await using it = new Installation({ config: `${place.table}${keys}\n` });
      it.env = { MUSICFS_WATCH: "off", MUSICFS_HEALTH_CHECK_MS: "1000" };
      const paths = [1, 2].map((track) => {
        const { title, artist, album } = tagsOf(track);
        place.put(`${track}.wav`, noisyWav(tagsOf(track), bytes, track));
        return `${artist}/${album} (2001) [WAV]/0${track} - ${title}.wav`;
      });
      await it.mountAndScan();
      await body(it, place, paths.map((path) => `${it.mountpoint}/${path}`));
    },
  });
}

async function read(path: string): Promise<string> {
  const { code, stderr } = await run(["cat", path], { seconds: 50 });
  return code === 0 ? "" : stderr;
}

async function origin(it: Installation): Promise<OriginStatus> {
  return (await it.json<{ origins: OriginStatus[] }>(["origin", "list"])).origins[0]!;
}

test(
  "the limit of bandwidth holds, also for two readers at once",
  { keys: 'bandwidth = "2 MB"', bytes: 4 * MB },
  async (_it, place, paths) => {
    const before = place.proxy!.counts.bytesDown;
    const start = performance.now();
    assert.deepEqual(await Promise.all(paths.map(read)), ["", ""]);
    const seconds = (performance.now() - start) / 1000;
    const rate = (place.proxy!.counts.bytesDown - before) / seconds / MB;
    console.log(`${rate.toFixed(2)} MB/s of 2 MB/s`);
    assert.ok(rate < 2.4, "what may pass in a second, and one burst");
    assert.ok(rate > 1, "and not much less");
  },
);

test(
  "reads fail beyond the daily budget, which status shows and a restart does not reset",
  { keys: 'daily_budget = "3 MB"', bytes: 2 * MB },
  async (it, place, [first, second]) => {
    assert.equal(await read(first!), "");
    assert.match(await read(second!), /Input\/output error/);
    assert.equal(await read(first!), "", "what is cached goes on");
    let { egress, health } = await origin(it);
    await until(`what was read is told (${egress.today_bytes} bytes)`, 5_000, async () => {
      ({ egress, health } = await origin(it));
      return egress.today_bytes > 2.9 * MB;
    });
    assert.equal(egress.daily_budget_bytes, 3 * MB);
    assert.ok(egress.today_bytes <= 3 * MB, `${egress.today_bytes} bytes`);
    assert.equal(health, "up", "it is not the origin's fault");
    const counted = place.proxy!.counts.bytesDown / egress.total_bytes;
    assert.ok(counted > 0.99 && counted < 1.1, `${counted} bytes on the way for each one counted`);
    const { stdout } = await it.musicfs(["origin", "list"]);
    assert.match(stdout, /3(\.0)? MB of 3(\.0)? MB/);
    assert.match(stdout, /daily budget|budget/i, stdout);
    await until("it is said why", 5_000, () => it.log.includes("daily budget"));

    assert.equal(await it.unmount(), 0, it.log);
    await it.mount();
    await until("the engine says what it knows", 10_000, async () => {
      const { egress: now } = (await it.status()).origins[0]!;
      return now.today_bytes === egress.today_bytes && now.total_bytes === egress.total_bytes;
    });
    assert.match(await read(second!), /Input\/output error/);
    assert.equal(await read(first!), "");
    const before = await origin(it);
    assert.ok(before.egress.today_bytes - egress.today_bytes < 0.1 * MB);
  },
);
