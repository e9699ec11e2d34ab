import assert from "node:assert/strict";
import { toSeq } from "../base/mod.ts";
import { createMemoryEventLog } from "../../events/mod.ts";
import { parseWhen, seqOf } from "./when.ts";

const NOW = Date.UTC(2026, 0, 31, 12);

Deno.test("parseWhen() reads positions, times and ages", () => {
  assert.deepEqual(parseWhen("4711", NOW), { seq: 4711 });
  assert.deepEqual(parseWhen("2h", NOW), { at: NOW - 7_200_000 });
  assert.deepEqual(parseWhen("3d", NOW), { at: NOW - 259_200_000 });
  assert.deepEqual(parseWhen("1.5 min", NOW), { at: NOW - 90_000 });
  assert.deepEqual(parseWhen("2026-01-31T10:00Z", NOW), { at: NOW - 7_200_000 });
  assert.deepEqual(parseWhen("2026-01-31 11:00:00+01:00", NOW), { at: NOW - 7_200_000 });
  assert.deepEqual(parseWhen("2026-01-31", NOW), { at: new Date(2026, 0, 31).getTime() });
});

Deno.test("parseWhen() refuses what is no point in time", () => {
  for (const text of ["", "yesterday", "2 fortnights", "-5", "2026-13-01", "2026-1-1", "h"]) {
    assert.throws(() => parseWhen(text, NOW), /Cannot use .* as a point in time/, text);
  }
});

Deno.test("seqOf() finds the first event that is not before a time", async () => {
  let now = 0;
  const log = createMemoryEventLog({ clock: { now: () => now } });
  for (let i = 1; i <= 20; i++) {
    now = i * 10;
    await log.append([{ type: "TemplateChanged", v: 1, data: { template: `t${i}` } }]);
  }
  assert.equal(seqOf({ at: 0 }, log), 1);
  assert.equal(seqOf({ at: 10 }, log), 1);
  assert.equal(seqOf({ at: 11 }, log), 2);
  assert.equal(seqOf({ at: 200 }, log), 20);
  assert.equal(seqOf({ at: 201 }, log), 21);
  assert.equal(seqOf({ seq: toSeq(7) }, log), 7);
  await log.close();
});
