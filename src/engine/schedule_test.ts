import assert from "node:assert/strict";
import type { OriginRow } from "../../projections/mod.ts";
import type { Settings } from "../config/settings.ts";
import { dueRetries, dueScans } from "./schedule.ts";

function settings(over: Partial<Settings>): Settings {
  const origin = { type: "local" as const, root: "/", priority: 1 };
  return {
    origins: [{ id: "a", ...origin }, { id: "b", ...origin }, { id: "c", ...origin }],
    schedule: null,
    originSchedules: {},
    ...over,
  } as Settings;
}

const noon = new Date(2026, 10, 23, 12, 0, 0).getTime();

Deno.test("dueScans() is empty without a schedule", () => {
  assert.deepEqual(dueScans(settings({}), noon), []);
});

Deno.test("dueScans() gives each origin its own schedule or the common one", () => {
  const due = dueScans(
    settings({ schedule: "0 4 * * *", originSchedules: { b: "*/15 * * * *", c: null } }),
    noon,
  );
  assert.deepEqual(due, [
    { origin: "a", at: new Date(2026, 10, 24, 4, 0, 0).getTime() },
    { origin: "b", at: new Date(2026, 10, 23, 12, 15, 0).getTime() },
  ]);
});

Deno.test("dueRetries() waits as long as the trouble has lasted, within bounds", () => {
  const row = (over: Partial<OriginRow>) =>
    ({
      ...{ id: "a", kind: "local", configured: true, failed_scan_reason: null, last_scan_at: 1e9 },
      ...over,
    }) as OriginRow;
  const at = (over: Partial<OriginRow>, now = 0) => dueRetries([row(over)], now)[0]?.at;
  assert.equal(at({ unanswered_since: null }), undefined);
  assert.equal(at({ unanswered_since: 1e9, configured: false }), undefined);
  assert.equal(at({ unanswered_since: 1e9, failed_scan_reason: "It is away" }), undefined);
  assert.equal(at({ unanswered_since: 1e9 }), 1e9 + 60_000);
  assert.equal(at({ unanswered_since: 1e9 - 600_000 }), 1e9 + 600_000);
  assert.equal(at({ unanswered_since: 0 }), 1e9 + 6 * 3_600_000);
  assert.equal(at({ unanswered_since: 1e9, kind: "s3" }), 1e9 + 900_000);
  assert.equal(at({ unanswered_since: 1e9 }, 2e9), 2e9 + 5_000, "what is overdue is due soon");
});

Deno.test("dueScans() takes no property of every object, such as `constructor`, for a schedule", () => {
  const origins = [{ id: "constructor" }] as Settings["origins"];
  assert.deepEqual(dueScans(settings({ origins }), noon), []);
});
