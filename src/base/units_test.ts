import assert from "node:assert/strict";
import { formatBytes, formatCount, formatDuration, parseSize, plural } from "./units.ts";

Deno.test("parseSize() reads decimal and binary units, with or without a space", () => {
  assert.equal(parseSize("10 GB"), 10_000_000_000);
  assert.equal(parseSize("512MiB"), 512 * 2 ** 20);
  assert.equal(parseSize("1.5k"), 1500);
  assert.equal(parseSize("0"), 0);
});

Deno.test("parseSize() refuses what is no size", () => {
  for (const text of ["", "GB", "-1 GB", "10 XB", "1 2", "1e9", "99999999999 TB", "1,5 GB"]) {
    assert.equal(parseSize(text), undefined, text);
  }
});

Deno.test("formatBytes() shows three digits at most", () => {
  assert.deepEqual(
    [0, 999, 1000, 1234, 12_345, 999_499, 999_500, 10_000_000_000].map(formatBytes),
    ["0 B", "999 B", "1 kB", "1.23 kB", "12.3 kB", "999 kB", "1 MB", "10 GB"],
  );
});

Deno.test("formatDuration() shows two units at most", () => {
  assert.deepEqual(
    [0, 84, 1_200, 59_960, 60_000, 185_000, 7_800_000, 356_400_000].map(formatDuration),
    ["0 ms", "84 ms", "1.2 s", "1 min", "1 min", "3 min 5 s", "2 h 10 min", "4 d 3 h"],
  );
});

Deno.test("formatCount() and plural() group by thousands", () => {
  assert.equal(formatCount(1234567), "1,234,567");
  assert.equal(plural(1, "track"), "1 track");
  assert.equal(plural(2000, "directory", "directories"), "2,000 directories");
});
