import assert from "node:assert/strict";
import { formatScan } from "./progress_line.ts";

Deno.test("formatScan() shows rate and time left once they are known", () => {
  const scan = { origin: "music", listed: 12_000, read: 800, per_second: 0, eta_ms: null };
  assert.equal(formatScan(scan), "Scanning music: 12,000 files listed, 800 read");
  assert.equal(
    formatScan({ ...scan, per_second: 5_300, eta_ms: 12_000 }),
    "Scanning music: 12,000 files listed, 800 read, 5,300/s, 12 s left",
  );
});
