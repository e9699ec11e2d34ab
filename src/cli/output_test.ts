import assert from "node:assert/strict";
import { loadWidths, table } from "./output.ts";

const HEADINGS = ["ORIGIN", "TYPE", "TRACKS", "ROOT"];

Deno.test("table() gives East Asian names the two columns that they take", async () => {
  await loadWidths();
  const rows = [["音楽", "local", 12, "/音楽"], ["nas", "nfs", 3, "/mnt"]];
  assert.equal(
    table(HEADINGS, rows, Infinity),
    [
      "ORIGIN  TYPE   TRACKS  ROOT",
      "音楽    local      12  /音楽",
      "nas     nfs         3  /mnt",
    ].join("\n"),
  );
});

Deno.test("table() fits a terminal: the last column goes below, and the widest is cut", async () => {
  await loadWidths();
  const rows = [[
    "an-origin-with-a-long-name",
    "local",
    12,
    "/srv/music/of/everybody/in/the/house",
  ]];
  assert.equal(
    table(HEADINGS, rows, 45),
    [
      "ORIGIN                      TYPE   TRACKS",
      "  ROOT",
      "an-origin-with-a-long-name  local      12",
      "  /srv/music/of/everybody/in/the/house",
    ].join("\n"),
  );
  assert.equal(
    table(HEADINGS, rows, 30),
    [
      "ORIGIN           TYPE   TRACKS",
      "  ROOT",
      "an-origin-with…  local      12",
      "  /srv/music/of/everybody/in/the/house",
    ].join("\n"),
  );
});

Deno.test("table() cuts between characters, and no column below what tells one from another", async () => {
  await loadWidths();
  const rows = [["音楽音楽音楽音楽", "x", 1, "y"]];
  const [, , first] = table(HEADINGS, rows, 20).split("\n");
  assert.equal(first, "音楽音楽…   x          1");
});
