import assert from "node:assert/strict";
import { isExcused, sum, TallyReader } from "./test.ts";

function tallyOf(lines: string[]) {
  const reader = new TallyReader();
  for (const line of lines) reader.line(line);
  return reader.tally;
}

Deno.test("TallyReader counts what the summary says and names what was ignored", () => {
  const tally = tallyOf([
    "running 3 tests from ./a_test.ts",
    "skipped: needs flac, mpv",
    "good ... \x1b[0m\x1b[32mok\x1b[0m (1ms)",
    "plays (needs mpv) ... \x1b[0m\x1b[33mignored\x1b[0m (0ms)",
    "./b_test.ts => reads (needs flac) ... ignored (0ms)",
    "  step ... ignored (0ms)",
    "whole ... step ... ignored (0ms)",
    "\x1b[0m\x1b[31mFAILED\x1b[0m | 12 passed (3 steps) | 1 failed | 2 ignored (1 step) (65ms)",
  ]);
  assert.deepEqual(tally, {
    passed: 12,
    failed: 1,
    skipped: ["plays (needs mpv)", "reads (needs flac)"],
    lacking: ["needs flac, mpv"],
  });
});

Deno.test("TallyReader counts a failure when the output has no summary", () => {
  assert.deepEqual(tallyOf(["good ... ok (1ms)"]), {
    passed: 0,
    failed: 1,
    skipped: [],
    lacking: [],
  });
});

Deno.test("sum adds the runs", () => {
  const a = { passed: 1, failed: 0, skipped: ["x"], lacking: ["needs a"] };
  const b = { passed: 2, failed: 3, skipped: ["y"], lacking: ["needs a"] };
  assert.deepEqual(sum([a, b]), {
    passed: 3,
    failed: 3,
    skipped: ["x", "y"],
    lacking: ["needs a"],
  });
});

Deno.test("isExcused() is for material beside the checkout alone", () => {
  assert.equal(isExcused(["needs /x/shared/corpus (beside the checkout)"]), true);
  assert.equal(isExcused(["needs /x/shared/corpus (beside the checkout)", "needs flac"]), false);
  assert.equal(isExcused([]), false);
});
