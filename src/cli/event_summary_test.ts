import assert from "node:assert/strict";
import { toSeq } from "../base/mod.ts";
import type { MusicEvent } from "../../events/mod.ts";
import {
  chunk,
  corrupted,
  evicted,
  pinned,
  played,
  stored,
  transferred,
  unpinned,
} from "../../tests/support/content_events.ts";
import { summaryOf } from "./event_summary.ts";
import { type Plain, withIds } from "../../tests/support/plain_ids.ts";

Deno.test("summaryOf() tells events about content in a few words", () => {
  const summaries: readonly (readonly [Plain<MusicEvent>, string])[] = [
    [
      stored(1024, 7, 2_000_000, chunk("a", 65_000), chunk("b", 65_000)),
      "file 1024 as of 7: 130 kB at 2 MB, 2 chunks, from local",
    ],
    [
      {
        type: "ChunksStored",
        v: 2,
        data: {
          ...{ file: 1024, version: 7, offset: 0, chunks: [chunk("a", 5)], origin: null },
          ...{ provisional: true, of: null },
        },
      },
      "file 1024 as of 7: 5 B at 0 B, 1 chunk, known already",
    ],
    [
      { type: "PartsProven", v: 1, data: { file: 1024, version: 7, by: "md5" } },
      "file 1024 as of 7: what was known already is its own, by its md5",
    ],
    [{ type: "FilesUsed", v: 1, data: { files: [1024, 7] } }, "2 files"],
    [
      { type: "PartsCompared", v: 1, data: { file: 1024, version: 7, by: "md5", alike: true } },
      "file 1024 as of 7: what was known already is its own, by its md5",
    ],
    [
      {
        type: "CopiesCompared",
        v: 1,
        data: {
          comparisons: (["bytes", "nothing"] as const).map((alike) => (
            { file: 1, version: 2, other: 3, other_version: 4, ranges: [], shift: 0, alike }
          )),
          done: [{ file: 1, version: 2 }],
        },
      },
      "2 pairs of files compared, 1 unlike, 1 file done",
    ],
    [evicted("content", { file: 1024, version: 7 }), "the content of 1 file, to make room"],
    [evicted("all"), "all of 0 files, to make room"],
    [corrupted("ab".repeat(32)), "abababababab: it is truncated"],
    [played(1024), "track 1024"],
    [pinned("a\nb", 1, 2), "2 tracks: a\\nb"],
    [unpinned("Björk"), "0 tracks: Björk"],
    [transferred("nas", 1_500_000), "1.5 MB from nas"],
  ];
  for (const [event, summary] of summaries) {
    assert.equal(
      summaryOf({ ...withIds<MusicEvent>(event), seq: toSeq(1), at: 0 }),
      summary,
    );
  }
});
