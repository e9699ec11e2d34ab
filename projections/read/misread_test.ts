import assert from "node:assert/strict";
import { flac, gone, observed, observedOn } from "../../tests/support/music_events.ts";
import { given } from "../../tests/support/projection_spec.ts";
import type { MisreadCount } from "./scan_queries.ts";

Deno.test("the files that are to be read again are counted as they are listed, each once", async () => {
  const reader = 5;
  const song = (file: number, more: Parameters<typeof flac>[3]) => flac(file, `${file}`, {}, more);
  const other = { encoding: "windows-1251" };
  const files = [
    song(2_000, { reader }),
    song(2_001, { reader: 4 }),
    song(2_002, { reader: 4, details: other }),
    song(2_003, { reader: 4, unreadable: "Refused", unreadable_kind: "denied" }),
    song(2_004, { reader: 4, unreadable: "No FLAC", unreadable_kind: "format" }),
    song(2_005, { reader: 4 }),
    song(2_006, { reader, details: other }),
    song(2_007, { reader, details: { encoding: "shift_jis" } }),
    song(2_008, { reader, details: { encoding: "windows-1252" } }),
    song(2_009, { reader, details: other }),
  ];
  const setting = [
    observed(1, ...files),
    observedOn("nas", 2, song(2_010, { reader: 4 }), song(2_011, { reader, details: other })),
    gone(3, 2_005, 2_009),
  ];
  await given(setting, ({ projector }) => {
    const { queries } = projector();
    const asked = { reader, encoding: "windows-1252" };
    const listed = ["local", "nas"].flatMap((origin) =>
      queries.scanning.misread(origin, { ...asked, limit: 100 }).map(({ state }) => state.file)
    );
    assert.deepEqual(listed, [2_001, 2_002, 2_004, 2_007, 2_006, 2_010, 2_011]);
    for (const limit of [1, 2, 3, 100]) {
      let count: MisreadCount | undefined;
      do {
        count = queries.scanning.misreadCount({ ...asked, limit, after: count });
      } while (!count.complete);
      assert.equal(count.files, listed.length, `${limit} at a time`);
    }
    return Promise.resolve();
  });
});
