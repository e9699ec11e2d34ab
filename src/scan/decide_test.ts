import assert from "node:assert/strict";
import { REMOVALS_HOLD_FILES_MIN } from "../base/mod.ts";
import * as decisions from "./decide.ts";
import { takingPlainIds } from "../../tests/support/plain_ids.ts";

const { compareDirectory, decideNumber, decideRemovals, isFormer, isUnsettled, resumedMode } =
  takingPlainIds(decisions);
const version = { size: 10, mtime_s: 100, mtime_ns: 5 };

Deno.test("compareDirectory() tells new, changed and unchanged files apart", () => {
  const known = new Map(
    ["same", "size", "seconds", "nanoseconds", "gone"].map((name, i) => [
      name,
      { file: i, name, unreadable: undefined, unsettled: false, ...version },
    ]),
  );
  const listed = [
    { path: "a/same", ...version },
    { path: "a/size", ...version, size: 11 },
    { path: "a/seconds", ...version, mtime_s: 101 },
    { path: "a/nanoseconds", ...version, mtime_ns: 6 },
    { path: "a/new", ...version },
  ];
  const { unchanged, candidates } = compareDirectory(known, listed, {
    rereads: () => false,
    now: 0,
  });
  assert.deepEqual(unchanged.map(({ name }) => name), ["same"]);
  assert.deepEqual(candidates.map(({ path, file }) => [path, file]), [
    ["a/size", 1],
    ["a/seconds", 2],
    ["a/nanoseconds", 3],
    ["a/new", undefined],
  ]);
  assert.equal(
    compareDirectory(known, listed, { rereads: () => true, now: 0 }).candidates.length,
    5,
  );
});

Deno.test("compareDirectory() compares ETags too, where both sides have one", () => {
  const known = new Map(
    ["same", "other", "untagged"].map((name, file) => [
      name,
      {
        file,
        name,
        unreadable: undefined,
        unsettled: false,
        ...version,
        ...(file < 2 && { etag: "a" }),
      },
    ]),
  );
  const { unchanged, candidates } = compareDirectory(known, [
    { path: "same", ...version, etag: "a" },
    { path: "other", ...version, etag: "b" },
    { path: "untagged", ...version, etag: "c" },
  ], { rereads: () => false, now: 7 });
  assert.deepEqual(unchanged.map(({ name }) => name), ["same", "untagged"]);
  assert.deepEqual(candidates, [{
    path: "other",
    ...version,
    etag: "b",
    file: 1,
    before: known.get("other"),
    listed_at: 7,
  }]);
});

Deno.test("compareDirectory() compares the time of change and the inode, which no program restores", () => {
  const status = { ...version, ctime_s: 200, ctime_ns: 1, inode: 7 };
  const known = new Map(
    ["same", "time", "inode"].map((name, file) => [
      name,
      { file, name, unreadable: undefined, unsettled: false, ...status },
    ]),
  );
  const { unchanged, restated, candidates } = compareDirectory(known, [
    { path: "same", ...status },
    { path: "time", ...status, ctime_ns: 2 },
    { path: "inode", ...status, inode: 8 },
  ], { rereads: () => false, now: 0 });
  assert.deepEqual([unchanged.length, restated.length], [1, 0]);
  assert.deepEqual(candidates.map(({ path }) => path), ["time", "inode"]);
});

Deno.test("compareDirectory() restates fields that are missing or different in the log, without a read", () => {
  const known = new Map([
    ["old", { file: 1, name: "old", unreadable: undefined, unsettled: false, ...version }],
    ["mode", {
      file: 2,
      name: "mode",
      unreadable: undefined,
      unsettled: false,
      ...version,
      mode: 0o600,
    }],
  ]);
  const old = { ...version, ctime_s: 200, ctime_ns: 1, inode: 7, mode: 0o644, uid: 1, gid: 2 };
  const { unchanged, restated, candidates } = compareDirectory(known, [
    { path: "old", ...old },
    { path: "mode", ...version, mode: 0o644 },
  ], { rereads: () => false, now: 0 });
  assert.deepEqual([unchanged.length, candidates.length], [2, 0]);
  assert.deepEqual(restated, [
    { file: 1, path: "old", status: old },
    { file: 2, path: "mode", status: { ...version, mode: 0o644 } },
  ]);
});

Deno.test("compareDirectory() rereads files that could not be looked at, or whose times were too young", () => {
  const known = new Map(
    (["format", "io", "denied", "timeout", undefined] as const).map((unreadable, file) => {
      const name = String(unreadable);
      return [name, { file, name, unreadable, unsettled: unreadable === undefined, ...version }];
    }),
  );
  const listed = [...known.keys()].map((path) => ({ path, ...version }));
  const { candidates } = compareDirectory(known, listed, { rereads: () => false, now: 0 });
  assert.deepEqual(candidates.map(({ path }) => path), ["io", "denied", "timeout", "undefined"]);
});

Deno.test("isUnsettled() does not trust times in whole seconds younger than two seconds", () => {
  const coarse = { size: 1, mtime_s: 1_000, mtime_ns: 0 };
  assert.equal(isUnsettled(coarse, 1_001_999), true);
  assert.equal(isUnsettled(coarse, 1_002_000), false);
  assert.equal(isUnsettled(coarse, 990_000), true, "the clock of another machine goes ahead");
  assert.equal(isUnsettled({ ...coarse, mtime_s: 2e9 }, 1_001_000), false, "no clock is at that");
  assert.equal(isUnsettled({ ...coarse, etag: "a" }, 1_001_000), false);
  assert.equal(isUnsettled({ ...coarse, mtime_ns: 1 }, 1_001_000), false);
  assert.equal(
    isUnsettled({ ...coarse, mtime_s: 5, ctime_s: 1_000, ctime_ns: 0 }, 1_001_000),
    true,
  );
});

Deno.test("isFormer() compares the fields that two roots have in common", () => {
  const former = (isElsewhere: boolean, etag?: string) => ({
    ...{ file: 1, name: "a", isElsewhere, facts: {} },
    version: { ...version, ...(etag && { etag }) },
  });
  assert.ok(isFormer(former(false), version));
  assert.ok(isFormer(former(true), { ...version, ctime_s: 7, ctime_ns: 7, inode: 7 }));
  for (const change of [{ size: 11 }, { mtime_s: 101 }, { mtime_ns: 6 }]) {
    assert.ok(!isFormer(former(false), { ...version, ...change }));
    assert.ok(!isFormer(former(true), { ...version, ...change }));
  }
  assert.ok(isFormer(former(true, "x"), { ...version, mtime_s: 200, etag: "x" }));
  assert.ok(!isFormer(former(true, "x"), { ...version, etag: "y" }));
});

const here = { file: 1, audio: "x" };
const sound = { ...version, tags: "{}", soundBytes: 7, isWeak: false, isElsewhere: false };
const moved = { ...sound, file: 2, path: "old", removed: false };
const removed = { ...sound, file: 3, path: "older", removed: true };
const otherCase = { file: 4, path: "OLD" };
const elsewhere = { ...sound, file: 5, path: "old", removed: false, isElsewhere: true };
const seen = { ...version, path: "new", audio: "x", tags: "{}", soundBytes: 7 };

for (
  const [what, sources, file, movedFrom] of [
    ["nothing known", { audio: "x", removedHere: undefined, sameSound: [] }, undefined, undefined],
    ["the path, the sound unknown", { audio: undefined, removedHere: here, sameSound: [] }, 1],
    [
      "the path and the sound over a move",
      { audio: "x", removedHere: here, sameSound: [moved] },
      1,
    ],
    ["a move over the path alone", { audio: "y", removedHere: here, sameSound: [moved] }, 2, "old"],
    [
      "a move over one that returns",
      {
        audio: "y",
        removedHere: undefined,
        sameSound: [removed, moved],
      },
      2,
      "old",
    ],
    ["the path over one that returns elsewhere", {
      audio: "y",
      removedHere: here,
      sameSound: [removed],
    }, 1],
    [
      "one that returns elsewhere",
      {
        audio: "y",
        removedHere: undefined,
        sameSound: [removed],
      },
      3,
      "older",
    ],
    [
      "another case of the path",
      {
        ...{ audio: undefined, removedHere: undefined, sameSound: [], otherCase },
      },
      4,
      "OLD",
    ],
    ["a sound elsewhere", { audio: "x", removedHere: undefined, sameSound: [elsewhere] }, 5],
    [
      "a sound that was here over one elsewhere",
      {
        ...{ audio: "x", removedHere: undefined, sameSound: [elsewhere, removed] },
      },
      3,
      "older",
    ],
  ] as const
) {
  Deno.test(`decideNumber() by ${what}`, () => {
    const { audio, ...rest } = sources;
    const decided = decideNumber({ otherCase: undefined, ...rest, seen: { ...seen, audio } });
    assert.equal(decided?.file, file);
    assert.equal(decided?.movedFrom, movedFrom);
    if (decided) assert.equal(decided.wasLive, [2, 4].includes(decided.file));
  });
}

Deno.test("decideNumber() does not take another song of the same sound for a moved one", () => {
  const decide = (...sameSound: (typeof moved)[]) =>
    decideNumber({ seen, removedHere: undefined, sameSound, otherCase: undefined })?.file;
  assert.equal(decide(moved), 2);
  assert.equal(decide({ ...moved, soundBytes: 8 }), undefined, "its sound is longer");
  // A former program identified such a sound by its ends only.
  const weak = { ...moved, isWeak: true, mtime_s: 1, tags: "{1}" };
  assert.equal(decide(weak), undefined, "nothing else agrees");
  assert.equal(decide({ ...weak, tags: "{}" }), 2);
  assert.equal(decide({ ...weak, path: "a/new" }), 2);
  assert.equal(decide(moved, { ...moved, file: 6 }), undefined, "either may be it");
  assert.equal(decide(moved, { ...moved, file: 6, path: "a/new" }), 6);
  assert.equal(decide({ ...moved, tags: "{1}" }, { ...moved, file: 6 }), 6);
});

const least = REMOVALS_HOLD_FILES_MIN;

for (
  const [missing, known, hold, confirmed, decision] of [
    [0, 100, 0.25, false, "nothing"],
    [0, 0, 0.25, false, "nothing"],
    [0, 100, 0.25, true, "nothing"],
    [25, 100, 0.25, false, "remove"],
    [26, 100, 0.25, false, "hold"],
    [26, 100, 0.25, true, "remove"],
    [least - 1, least, 0.25, false, "remove"],
    [least, least + 1, 0.25, false, "hold"],
    [1, 1, 1, false, "hold"],
    [100, 100, 1, false, "hold"],
    [100, 100, 0.25, true, "remove"],
    [99, 100, 1, false, "remove"],
    [10, 1_000_000, 0, false, "hold"],
  ] as const
) {
  Deno.test(`decideRemovals() of ${missing} of ${known}, ${hold}, ${confirmed}: ${decision}`, () => {
    const absence = { missing, known, unanswered: 0, hold, confirmed, listsNothing: false };
    assert.equal(decideRemovals(absence), decision);
  });
}

Deno.test("decideRemovals() holds even one file when the origin lists nothing", () => {
  const absence = { missing: 1, known: 1000, unanswered: 0, hold: 0.25, listsNothing: true };
  assert.equal(decideRemovals({ ...absence, confirmed: false }), "hold");
  assert.equal(decideRemovals({ ...absence, confirmed: true }), "remove");
});

Deno.test("resumedMode() lists everything when the requested directories are not known", () => {
  assert.equal(resumedMode("directories"), "changes");
  assert.equal(resumedMode("full"), "full");
});

Deno.test("decideRemovals() assumes that a disk with errors may have lost the missing files, too", () => {
  const absence = { missing: 20, known: 100, hold: 0.25, listsNothing: false, confirmed: false };
  assert.equal(decideRemovals({ ...absence, unanswered: 0 }), "remove");
  assert.equal(decideRemovals({ ...absence, unanswered: 6 }), "hold");
  assert.equal(decideRemovals({ ...absence, missing: 0, unanswered: 90 }), "nothing");
  assert.equal(decideRemovals({ ...absence, unanswered: 6, confirmed: true }), "remove");
});
