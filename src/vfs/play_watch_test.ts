import assert from "node:assert/strict";
import { playedBytes, PlayWatch } from "./play_watch.ts";

const KIB = 1024;

Deno.test("a play is a quarter of a track, 2 MiB behind the head of a long one, more than a scan of a short one", () => {
  assert.equal(playedBytes(8_000 * KIB), 2_000 * KIB);
  assert.equal(playedBytes(30_000 * KIB), (256 + 2048) * KIB);
  assert.equal(playedBytes(1_000 * KIB), 512 * KIB);
  assert.equal(playedBytes(100 * KIB), 100 * KIB);
});

Deno.test("one play is told once, however often its file is opened", () => {
  let now = 0;
  const played: number[] = [];
  const watch = new PlayWatch((track) => played.push(track), () => now);
  watch.heard(1);
  now = 59_999;
  watch.heard(1);
  watch.heard(2);
  now = 60_000;
  watch.heard(1);
  assert.deepEqual(played, [1, 2, 1]);
  for (let track = 10; track < 5000; track++) watch.heard(track);
  watch.heard(4999);
  assert.equal(played.length, 3 + 4990);
});
