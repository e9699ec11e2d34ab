import assert from "node:assert/strict";
import { FlightWindow } from "./_window.ts";

/** Keeps a simulated link full for some time. Returns how long answers queued at the end, and what the link carried. */
function simulate(bytesPerSecond: number, roundTrip_ms: number, seconds: number) {
  const window = new FlightWindow();
  const underWay: { bytes: number; asked: number; arrives: number }[] = [];
  let free = 0;
  let carried = 0;
  let waited = 0;
  for (let now = 0; now < seconds * 1000; now++) {
    while (underWay[0] !== undefined && underWay[0].arrives <= now) {
      const { bytes, asked, arrives } = underWay.shift()!;
      waited = arrives - asked;
      carried += bytes;
      window.arrived(bytes, waited);
      window.release(bytes);
    }
    for (;;) {
      const bytes = Math.floor(Math.min(256 * 1024, window.pieceBytes));
      if (!window.hasRoom(bytes)) break;
      window.take(bytes);
      free = Math.max(free, now + roundTrip_ms) + bytes / bytesPerSecond * 1000;
      underWay.push({ bytes, asked: now, arrives: free });
    }
  }
  return { waited, share: carried / (bytesPerSecond * seconds) };
}

Deno.test("FlightWindow fills a link and keeps its queue short", () => {
  for (const mbit of [2, 10, 100, 1000]) {
    for (const roundTrip_ms of [1, 20, 100]) {
      const { waited, share } = simulate(mbit * 125_000, roundTrip_ms, 20);
      const what = `${mbit} Mbit/s, ${roundTrip_ms} ms: ${waited.toFixed()} ms, ${
        share.toFixed(2)
      }`;
      assert.ok(share > 0.75, what);
      assert.ok(waited < roundTrip_ms + 1_000, what);
    }
  }
});

Deno.test("FlightWindow grows no further than it is used", () => {
  const window = new FlightWindow();
  for (let i = 0; i < 10_000; i++) {
    window.take(16_384);
    window.arrived(16_384, 5);
    window.release(16_384);
  }
  assert.equal(window.bytes, new FlightWindow().bytes);
});
