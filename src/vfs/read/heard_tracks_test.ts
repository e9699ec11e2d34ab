import assert from "node:assert/strict";
import { heardBytes, HeardTracks } from "./heard_tracks.ts";
import { takingPlainIds } from "../../../tests/support/plain_ids.ts";

const KIB = 1024;

Deno.test("a track is heard after a quarter, 2 MiB behind the head of a long one, more than a scan of a short one", () => {
  assert.equal(heardBytes(8_000 * KIB), 2_000 * KIB);
  assert.equal(heardBytes(30_000 * KIB), (256 + 2048) * KIB);
  assert.equal(heardBytes(1_000 * KIB), 512 * KIB);
  assert.equal(heardBytes(100 * KIB), 100 * KIB);
});

Deno.test("a track is told of once, however often its file is opened meanwhile", () => {
  let now = 0;
  const told: number[] = [];
  const heard = takingPlainIds(new HeardTracks((track) => told.push(track), () => now));
  heard.heard(1);
  now = 59_999;
  heard.heard(1);
  heard.heard(2);
  now = 60_000;
  heard.heard(1);
  assert.deepEqual(told, [1, 2, 1]);
  for (let track = 10; track < 5000; track++) heard.heard(track);
  heard.heard(4999);
  assert.equal(told.length, 3 + 4990);
});
