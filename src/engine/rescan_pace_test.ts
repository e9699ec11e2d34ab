import assert from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { RescanPace } from "./rescan_pace.ts";

Deno.test("an origin whose scans fail when it comes back is scanned at once, then ever later", async () => {
  const time = new ManualTime();
  const scans: number[] = [];
  const pace = new RescanPace(() => scans.push(time.now() / 60_000), time);
  for (let minute = 0; minute < 70; minute++) {
    pace.cameBack("s3");
    await time.pass(30_000);
    pace.cameBack("s3");
    await time.pass(30_000);
  }
  assert.deepEqual(scans, [0, 1, 3, 7, 15, 31, 63]);
});

Deno.test("a completed scan ends the waiting", async () => {
  const time = new ManualTime();
  const scans: string[] = [];
  const pace = new RescanPace((origin) => scans.push(origin), time);
  pace.cameBack("a");
  pace.cameBack("a");
  pace.cameBack("b");
  pace.completed("a");
  await time.pass(3_600_000);
  assert.deepEqual(scans, ["a", "b"]);
  pace.cameBack("a");
  assert.deepEqual(scans, ["a", "b", "a"]);
  pace.cameBack("a");
  pace.close();
  assert.equal(time.timers, 0);
});
