import assert from "node:assert/strict";
import type { FileDetails } from "../../events/facts/files.ts";
import { chapterTable, detailFacts, detailRows, furtherRows } from "./track_details.ts";

const DETAILS: FileDetails = {
  tags: { label: ["Blue Note", "EMI"], bpm: 92.5, lyrics: ["x".repeat(200)] },
  other: { "RIPPED\u001b BY": "me\u001b[31m" },
  pictures: [
    { type: 3, mime: "image/jpeg", size: 150_000, offset: 4_096, length: 200_000 },
    { type: 99, offset: 300_000, length: 20 },
  ],
  chapters: [
    { title: "Önë\u001b", start_ms: 0 },
    { title: "Two", start_ms: 3_723_000, end_ms: 3_724_000 },
  ],
  cue_sheet: { kind: "text", offset: 512, length: 20_000 },
  encoding: "windows-1251",
  cut: ["lyrics"],
};

Deno.test("every tag of a track is a row with a short value and no control characters", () => {
  assert.deepEqual(detailRows(DETAILS), [
    ["label", "Blue Note; EMI", "embedded"],
    ["bpm", "92.5", "embedded"],
    ["lyrics", `${"x".repeat(120)}…`, "embedded"],
    ["RIPPED\\x1b BY", "me\\x1b[31m", "embedded"],
  ]);
  assert.deepEqual(detailRows({}), []);
});

Deno.test("what tags say beyond the place of a track is a row each", () => {
  assert.deepEqual(
    furtherRows({
      ...{
        title: "x",
        artists: ["A", "B\u001b"],
        track: { no: 1, of: 12 },
        disk: { no: 1, of: null },
      },
      ...{ date: "1994-03-21", compilation: false },
    }),
    [
      ["artists", "A; B\\x1b", "embedded"],
      ["totaltracks", "12", "embedded"],
      ["date", "1994-03-21", "embedded"],
      ["compilation", "false", "embedded"],
    ],
  );
  assert.deepEqual(furtherRows({ title: "x", genre: ["Jazz"] }), []);
});

Deno.test("pictures, chapters, a cue sheet, a guessed encoding and cut values are listed with their places", () => {
  assert.deepEqual(detailFacts(DETAILS), [
    ["picture", "front, image/jpeg, 150 kB at 4096"],
    ["picture", "other, of unknown type, 20 B at 300000"],
    ["chapters", "2"],
    ["cue sheet", "20 kB at 512"],
    ["encoding", "taken for windows-1251"],
    ["not all kept", "1 tag: lyrics"],
  ]);
  assert.deepEqual(detailFacts({}), []);
  const table = chapterTable(DETAILS);
  assert.match(table, /^CHAPTER AT +TITLE\n0:00:00 +Önë\\x1b\n1:02:03 +Two/);
  assert.equal(chapterTable({}), "");
});
