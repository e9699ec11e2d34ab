import assert from "node:assert/strict";
import { abortableSleep } from "./abortable_sleep.ts";

Deno.test("abortableSleep() ends by its time, by an abort, and at once when the signal was aborted before", async () => {
  const abort = new AbortController();
  const begun = performance.now();
  await abortableSleep(20, abort.signal);
  assert(performance.now() - begun >= 19);
  const long = abortableSleep(1_000_000, abort.signal);
  abort.abort();
  await long;
  // A timer that was left behind would fail this test.
  await abortableSleep(1_000_000, abort.signal);
});
