import assert from "node:assert/strict";
import { createMemoryEventLog } from "../../events/mod.ts";
import { configured, flac, observed, template } from "../../tests/support/music_events.ts";
import { played } from "../../tests/support/content_events.ts";
import { CollectionReader, openLibrary } from "../mod.ts";

/** More than are compared with each other when one order is known. */
const MANY = 2_100;
const DAY = 86_400_000;

Deno.test("CollectionReader: of very many tracks, those that are equal in the order come by their numbers", async () => {
  const directory = await Deno.makeTempDir();
  let now = Date.UTC(2026, 0, 1);
  const clock = { now: () => now };
  const log = createMemoryEventLog({ clock });
  const projector = await openLibrary({ directory, log });
  try {
    await log.append([template("$artist/$title.$format"), configured("local", "/music")]);
    const year = (i: number) => 1960 + i % 3;
    for (let from = 0; from < MANY; from += MANY / 3) {
      now += DAY;
      const files = Array.from(
        { length: MANY / 3 },
        (_, i) =>
          flac(1024 + from + i, `${from + i}.flac`, {
            ...{ title: `T${MANY - from - i}`, artist: "Ada", year: year(from + i) },
          }),
      );
      await log.append([observed(1, ...files)]);
    }
    await log.append(Array.from({ length: MANY }, (_, i) => played(1024 + i)));
    await log.append([played(2_000), played(3_000)]);
    await projector.catchUp();
    const reader = new CollectionReader(projector.queries.connection, clock);
    const has = (query: string, most = MANY) => {
      const { tracks, isMore } = reader.content({ name: "x", query, builtIn: false, at: 0 }, most);
      return { tracks: [...tracks] as number[], isMore };
    };
    const all = Array.from({ length: MANY }, (_, i) => 1024 + i);
    const byYear = all.toSorted((a, b) => year(b - 1024) - year(a - 1024) || a - b);
    assert.deepEqual(has("sort:-year"), { tracks: byYear, isMore: false });
    assert.deepEqual(has("artist:ada sort:-year limit:50").tracks, byYear.slice(0, 50));
    assert.deepEqual(has("sort:-year", 7), { tracks: byYear.slice(0, 7), isMore: true });
    const third = (track: number) => Math.floor((track - 1024) / (MANY / 3));
    const newest = all.toSorted((a, b) => third(b) - third(a) || a - b);
    assert.deepEqual(has("added:<30d sort:-added").tracks, newest);
    assert.deepEqual(has("artist:ada sort:-added", 9).tracks, newest.slice(0, 9));
    const most = [2_000, 3_000, ...all.filter((track) => track !== 2_000 && track !== 3_000)];
    assert.deepEqual(has("plays:>0 sort:-plays").tracks, most);
    assert.deepEqual(has("plays:>0", 5), { tracks: all.slice(0, 5), isMore: true });
    now += 40 * DAY;
    assert.deepEqual(has("added:<30d sort:-added").tracks, []);
    const shown = [...reader.show([...all, 9_999 as never].reverse() as never)];
    assert.deepEqual(shown.map(({ track }) => track as number), all.toReversed());
    assert.deepEqual(shown.at(-1)?.path, "Ada/T2100.flac");
  } finally {
    await projector.close();
    await Deno.remove(directory, { recursive: true });
  }
});
