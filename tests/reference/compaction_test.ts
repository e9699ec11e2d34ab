/** Whatever happened, and whichever superseded events are left out of the log, the rest projects to the same rows. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { toSeq } from "../../src/base/mod.ts";
import type { MusicEvent } from "../../events/mod.ts";
import { planCompaction, type SourceLog, verifyLibrary } from "../../projections/mod.ts";
import { arbitraryHistory } from "../support/arbitrary_history.ts";
import { chunk, stored } from "../support/content_events.ts";
import { FORMER_VOCABULARY, formerly } from "../support/former_log.ts";
import { template } from "../support/music_events.ts";
import { appendEach, given } from "../support/projection_spec.ts";
import { type Plain, withIds } from "../support/plain_ids.ts";

/** How many histories are tried. The environment can set a larger number for a long run. */
const RUNS = Number(Deno.env.get("MUSICFS_TEST_RUNS") ?? 60);
const hash = (digit: string) => digit.repeat(64);

Deno.test("compaction: any history up to any moment projects to the same rows when compacted", async () => {
  let superseded = 0;
  let histories = 0;
  await fc.assert(
    fc.asyncProperty(
      arbitraryHistory(),
      fc.array(between(), { minLength: 3, maxLength: 20 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (history, extra, share) => {
        const events = history.flatMap((event, i) => [
          ...withReader(event),
          ...(extra[i % extra.length] ?? []),
          ...again(event, i),
        ]);
        await given([], async ({ directory, log, projector }) => {
          await appendEach(log, events);
          await projector().catchUp();
          const until = Math.min(log.lastSeq() - 1, Math.floor(share * log.lastSeq()));
          if (until < 1) return;
          const plan = await planCompaction(log, toSeq(until), directory);
          const changed: SourceLog = {
            id: log.id,
            lastSeq: () => log.lastSeq(),
            *read(options) {
              for (const event of log.read(options)) {
                if (!plan.touched.has(event.seq)) yield event;
                else {
                  const left = plan.change(event);
                  if (left === undefined) superseded++;
                  else yield { seq: event.seq, at: event.at, ...left };
                }
              }
            },
          };
          assert.ok([...plan.touched].every((seq) => seq <= until));
          assert.equal((await verifyLibrary({ directory, log: changed })).difference, null);
          histories++;
        }, FORMER_VOCABULARY);
      },
    ),
    { numRuns: RUNS, examples: [[placedByDetails, [[chunkLost], [], []], 0.5882352941176471]] },
  );
  assert.ok(superseded > histories, `${superseded} events of ${histories} histories went`);
});

const song = {
  ...{ path: "song.flac", size: 0, mtime_s: 1_000_000_000, mtime_ns: 0, tags: {} },
  format: "flac" as const,
};
const seen = (...files: number[]) =>
  withIds<MusicEvent>({
    type: "FilesObserved",
    v: 1,
    data: {
      origin: "local",
      scan: 0,
      position: "",
      files: files.map((file) => ({ ...song, file })),
    },
  });
/** A file has details before a template uses them, and no longer has them afterwards. */
const placedByDetails: MusicEvent[] = [
  template("$artist/$album ($year) [$format_upper]/$track - $title.$format"),
  seen(1024),
  template("$label/{${tag:x} }$title"),
  seen(1024, 1027),
  withIds<MusicEvent>({
    type: "CopiesCompared",
    v: 1,
    data: { comparisons: [], done: [{ file: 1024, version: 4 }] },
  }),
];
const chunkLost: MusicEvent = {
  type: "ChunkCorrupted",
  v: 1,
  data: { hash: hash("0"), reason: "lost" },
};

/** Events that concern no files. */
function between(): fc.Arbitrary<MusicEvent[]> {
  const origin = fc.constantFrom("local", "nas", "bucket");
  const always = (event: Plain<MusicEvent>): MusicEvent[] => [withIds<MusicEvent>(event)];
  return fc.oneof(
    fc.constant<MusicEvent[]>([]),
    fc.record({ origin, health: fc.constantFrom("up" as const, "down" as const) })
      .map((data) =>
        always({ type: "OriginHealthChanged", v: 1, data: { ...data, reason: null } })
      ),
    fc.record({ origin, bytes: fc.nat(1_000) })
      .map((data) => always({ type: "OriginTransferred", v: 1, data })),
    fc.record({ store: fc.constantFrom("a", "b"), holds: fc.constantFrom("all", "nothing") })
      .map(({ store, holds }) =>
        always({ type: "ChunkStoreFound", v: 1, data: { store, holds: holds as "all" } })
      ),
    fc.record({ file: fc.integer({ min: 1024, max: 1030 }), version: fc.nat(40), from: fc.nat(9) })
      .map(({ file, version, from }) =>
        always(formerly(stored(file, version, from * 1_000, chunk(`${from}`, 1_000)))!)
      ),
    fc.nat(9).map((digit) =>
      always({ type: "ChunkCorrupted", v: 1, data: { hash: hash(`${digit}`), reason: "lost" } })
    ),
  );
}

/** The event with a version of the tag reader for each file. */
function withReader(event: MusicEvent): MusicEvent[] {
  if (event.type !== "FilesObserved") return [event];
  const files = event.data.files.map((file) => ({ ...file, reader: file.reader ?? 1 }));
  return [{ ...event, data: { ...event.data, files } }];
}

/** Tag readers of later versions read the same files, each with more results; and an origin is scanned without news. */
function again(event: MusicEvent, i: number): MusicEvent[] {
  if (event.type !== "FilesObserved" || i % 2 === 0) return [];
  const { origin, files } = event.data;
  const read = (reader: number): MusicEvent => ({
    type: "FilesObserved",
    v: 1,
    data: {
      ...{ origin, scan: 0, position: "" },
      files: files.map((file) => ({
        ...{ ...file, reader, reread: true },
        details: { tags: { label: `Label ${i % 3 === 0 ? reader : 0}` } },
      })),
    },
  });
  const scan = 1_000 + i;
  return [
    ...[read(2), read(3), read(4)],
    { type: "ScanStarted", v: 1, data: { origin, scan, mode: "full" } },
    {
      type: "ScanCompleted",
      v: 1,
      data: {
        ...{ origin, scan, mode: "full", listed: 1, read: 0, unreadable: 0, removed: 0 },
        ...{ unlisted: [], duration_ms: 1 },
      },
    },
  ];
}
