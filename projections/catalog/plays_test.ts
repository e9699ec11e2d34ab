import assert from "node:assert/strict";
import { createMemoryEventLog, type MusicEvent } from "../../events/mod.ts";
import { played, transferred } from "../../tests/support/content_events.ts";
import { type ListeningQueries, openLibrary, utcDay, verifyLibrary } from "../mod.ts";
import { type Plain, takingPlainIds } from "../../tests/support/plain_ids.ts";

const NOON = Date.UTC(2026, 4, 1, 12);
const MINUTE = 60_000;

/** Appends each event the given number of minutes after a noon, and checks the answers to queries. */
async function after(
  events: readonly (readonly [minute: number, event: MusicEvent])[],
  check: (content: Plain<ListeningQueries>) => void,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  let now = 0;
  const log = createMemoryEventLog({ clock: { now: () => now } });
  const projector = await openLibrary({ directory, log });
  for (const [minute, event] of events) {
    now = NOON + minute * MINUTE;
    await log.append([event]);
  }
  await projector.catchUp();
  check(takingPlainIds(projector.queries.listening));
  assert.equal((await verifyLibrary({ directory, log })).difference, null);
  await projector.close();
  await Deno.remove(directory, { recursive: true });
}

Deno.test("plays: successors are tracks played next within half an hour, the most frequent first", async () => {
  const plays = [[0, 1], [3, 2], [33, 3], [64, 2], [64, 2], [65, 1], [66, 3], [67, 1], [
    68,
    2,
  ]] as const;
  await after(plays.map(([minute, track]) => [minute, played(track)]), (content) => {
    assert.deepEqual(content.plays(2), { count: 4, last_at: NOON + 68 * MINUTE });
    assert.deepEqual(content.plays(9), { count: 0, last_at: 0 });
    assert.deepEqual(content.successors(1, 9), [
      { track: 2, count: 2, last_at: NOON + 68 * MINUTE },
      { track: 3, count: 1, last_at: NOON + 66 * MINUTE },
    ]);
    // 31 minutes later is too late, and the same track again is no successor.
    assert.deepEqual(content.successors(3, 9).map(({ track }) => track), [1]);
    assert.deepEqual(content.successors(2, 9).map(({ track }) => track), [1, 3]);
    assert.deepEqual(content.successors(2, 1).map(({ track }) => track), [1]);
  });
});

Deno.test("transfers: counts the bytes of each origin by day in UTC", async () => {
  const events = [[0, transferred("nas", 5)], [719, transferred("nas", 6)], [
    719,
    transferred("b", 1),
  ]] as const;
  await after(events, (content) => {
    const day = utcDay(NOON);
    assert.deepEqual(content.transfers("nas"), { utc_day: day, day_bytes: 11, total_bytes: 11 });
    assert.equal(content.transfers("nobody"), undefined);
  });
  await after([...events, [720, transferred("nas", 7)]], (content) => {
    const day = utcDay(NOON) + 1;
    assert.deepEqual(content.transfers("nas"), { utc_day: day, day_bytes: 7, total_bytes: 18 });
    assert.deepEqual(content.transfers("b"), { utc_day: day - 1, day_bytes: 1, total_bytes: 1 });
  });
});
