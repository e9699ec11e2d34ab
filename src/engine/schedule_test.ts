import assert from "node:assert/strict";
import type { Settings } from "../config/settings.ts";
import { dueScans } from "./schedule.ts";

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
