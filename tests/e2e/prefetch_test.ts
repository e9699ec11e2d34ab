/** The tracks that come next are fetched while one plays, over a real mount. */
import assert from "node:assert/strict";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { noisyWav, openPlace, tagsOf } from "../support/remote_library.ts";
import { until } from "../support/until.ts";

const TRACKS = 6;
const TRACK_BYTES = 1_500_000;

Deno.test({
  name: "while an album plays, its next tracks are fetched, and play when the origin is gone",
  ignore: !needs("/dev/fuse", "timeout", "cat", "cmp"),
  fn: async () => {
    await using place = await openPlace("s3");
    await using it = new Installation({ config: place.table });
    it.env = { MUSICFS_WATCH: "off", MUSICFS_DEADLINE_MS: "1500", MUSICFS_HEALTH_CHECK_MS: "1000" };
    const tracks = Array.from({ length: TRACKS }, (_, i) => {
      const tags = tagsOf(i + 1);
      const bytes = noisyWav(tags, TRACK_BYTES, i);
      // The files' names do not tell the order.
      place.put(`${(i * 5) % TRACKS}.wav`, bytes);
      const path = `${tags.artist}/${tags.album} (2001) [WAV]/0${i + 1} - ${tags.title}.wav`;
      Deno.writeFileSync(`${it.base}/${i}`, bytes);
      return `${it.mountpoint}/${path}`;
    });
    await it.mountAndScan();
    const cached = async () => (await it.status()).cache.bytes;
    const play = async (i: number) => {
      const { code, stderr } = await run(["cmp", tracks[i]!, `${it.base}/${i}`]);
      assert.equal(code, 0, `${stderr}${it.log}`);
    };
    await play(0);
    await until("the second is there", 10_000, async () => await cached() > 2 * TRACK_BYTES);
    await play(1);
    await until("two more are there", 10_000, async () => await cached() > 4 * TRACK_BYTES);
    const { misses } = (await it.status()).cache;
    await play(2);
    assert.equal((await it.status()).cache.misses, misses);

    await until("five are there", 10_000, async () => await cached() > 5 * TRACK_BYTES);
    await place.goOffline();
    await play(3);
    await play(4);
    const { code } = await run(["cat", tracks[5]!]);
    assert.equal(code, 1);
  },
});
