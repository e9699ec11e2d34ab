import assert from "node:assert/strict";
import { width } from "./output.ts";
import { placeLines } from "./place_lines.ts";

function linesAt(text: string, at: number, columns = Infinity): Promise<string[]> {
  return placeLines({ text, at, expected: "a number" }, columns);
}

Deno.test("placeLines puts a caret below the place, behind the end too", async () => {
  assert.deepEqual(await linesAt("live year:x", 10), ["  live year:x", "            ^"]);
  assert.deepEqual(await linesAt("year:", 5), ["  year:", "       ^"]);
  assert.deepEqual(await linesAt("", 0), ["  ", "  ^"]);
});

Deno.test("placeLines counts the columns that characters take, and lets none steer the terminal", async () => {
  assert.deepEqual(await linesAt("東京 )", 3), ["  東京 )", "       ^"]);
  assert.deepEqual(await linesAt("𝄞 e\u0301 )", 5), ["  𝄞 e\u0301 )", "      ^"]);
  // The place is in the middle of a picture of several characters: the caret is below its beginning.
  assert.deepEqual(await linesAt("👨\u200d👩\u200d👧 x", 2), ["  👨\u200d👩\u200d👧 x", "  ^"]);
  assert.deepEqual(await linesAt("a\x1b\n)", 3), ["  a\\x1b\\n)", "         ^"]);
});

Deno.test("placeLines shows what is near the place when the text is wider than the terminal", async () => {
  const text = "abcdefghijklmnopqrstuvwxyz";
  assert.deepEqual(await linesAt(text, 13, 15), ["  …ijklmnopqr…", "        ^"]);
  assert.deepEqual(await linesAt(text, 0, 15), ["  abcdefghijk…", "  ^"]);
  assert.deepEqual(await linesAt(text, 26, 15), ["  …pqrstuvwxyz", "              ^"]);
  assert.deepEqual(await linesAt(text, 13, 29), [`  ${text}`, `${" ".repeat(15)}^`]);
  for (let at = 0; at <= 20; at++) {
    for (const [line] of [await linesAt("日本語".repeat(20), at, 21)]) {
      assert(width(line!) <= 21);
    }
  }
});
