import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { MusicEvent } from "../../events/mod.ts";
import { LOG_START, toFileId, UserError } from "../../src/base/mod.ts";
import { flac, gone, observed, template } from "../../tests/support/music_events.ts";
import {
  appendEach,
  createTestLog,
  filePaths,
  given,
  treeOf,
} from "../../tests/support/projection_spec.ts";

import { syntheticEvents } from "../../tests/support/synthetic_library.ts";
import { modelOf } from "../../tests/support/tree_model.ts";
import {
  type LibraryProjector,
  LibraryReader,
  openLibrary,
  type SourceLog,
  verifyLibrary,
} from "../mod.ts";

const events = [...syntheticEvents(3_000)];

/** The path of the serving file. */
function fileOf(directory: string, projector: LibraryProjector): string {
  return `${directory}/${projector.file}`;
}

function edit(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

Deno.test("projector: goes on from its checkpoint, and counts nothing twice", async () => {
  await given(events, async ({ directory, projector, reopen, log, when }) => {
    const before = treeOf(directory);
    const totals = projector().queries.totals();
    assert.deepEqual([totals.tracks, totals.albums, totals.artists], [3000, 250, 50]);
    assert.deepEqual(await reopen(), []);
    assert.equal(projector().checkpoint, log.lastSeq());
    assert.equal(await projector().catchUp(), log.lastSeq());
    assert.deepEqual(treeOf(directory), before);
    await when(gone(2, 1024));
    assert.equal(projector().queries.totals().tracks, 2999);
  });
});

Deno.test("projector: a reader sees each commit, and nothing while there is no library", async () => {
  const directory = await Deno.makeTempDir();
  assert.equal(LibraryReader.open(directory), undefined);
  const log = createTestLog();
  const projector = await openLibrary({ directory, log });
  const reader = LibraryReader.open(directory)!;
  assert.equal(reader.totals().tracks, 0);
  await appendEach(log, events);
  await projector.catchUp();
  assert.equal(reader.totals().tracks, 3000);
  await projector.close();
  assert.equal(reader.totals().tracks, 3000);
  reader.close();
  await Deno.remove(directory, { recursive: true });
});

/** How many times this process has written to files. */
function writes(): number {
  return Number(/^syscw: (\d+)/m.exec(Deno.readTextFileSync("/proc/self/io"))![1]);
}

Deno.test("projector: a new file takes at most two writes", async () => {
  const files = 1_000;
  await given([], async ({ projector, log }) => {
    await appendEach(log, [...syntheticEvents(files)]);
    const before = writes();
    await projector().catchUp();
    const each = (writes() - before) / files;
    assert.ok(each < 2, `${each} writes for each file`);
    assert.equal(projector().queries.totals().tracks, files);
  });
});

for (
  const [how, damage] of [
    ["garbage", (path: string) => Deno.writeTextFileSync(path, "no database ".repeat(2_000))],
    ["nothing", (path: string) => Deno.truncateSync(path, 0)],
    ["half of it", (path: string) => Deno.truncateSync(path, 200_000)],
    ["nowhere", (path: string) => Deno.removeSync(path)],
    ["flipped bytes in every page", (path: string) => {
      const bytes = Deno.readFileSync(path);
      for (let i = 8_192 + 16; i < bytes.length; i += 8_192) {
        for (let k = 0; k < 64; k++) bytes[i + k]! ^= 0xff;
      }
      Deno.writeFileSync(path, bytes);
    }],
  ] as const
) {
  Deno.test(`projector: a library that is ${how} is built from the log`, async () => {
    await given(events, async ({ directory, projector, reopen, log }) => {
      const before = treeOf(directory);
      const path = fileOf(directory, projector());
      const reader = LibraryReader.open(directory)!;
      await projector().close();
      damage(path);
      const reasons = await reopen();
      assert.match(reasons.join(), /damaged|can't be opened/);
      assert.equal(reader.reopen(), true);
      reader.close();
      assert.deepEqual(treeOf(directory), before);
      assert.deepEqual(await verifyLibrary({ directory, log }), {
        ...{ identical: true, events: log.lastSeq(), difference: null },
      });
      const left = [...Deno.readDirSync(directory)].map(({ name }) => name)
        .filter((name) => !name.startsWith(projector().file));
      assert.deepEqual(left, ["CURRENT"]);
    });
  });
}

Deno.test("projector: damage found while the library is in use leads to a rebuild", async () => {
  await given(events, async ({ directory, projector, log }) => {
    await projector().close();
    const again = await openLibrary({ directory, log });
    const file = Deno.openSync(fileOf(directory, again), { write: true });
    file.seekSync(8_192, Deno.SeekMode.Start);
    file.writeSync(new Uint8Array(100_000).fill(0xa5));
    file.close();
    assert.equal(await again.check(), false);
    assert.equal(await again.check(), true);
    assert.equal((await verifyLibrary({ directory, log })).difference, null);
    await again.close();
  });
});

Deno.test("projector: another version of a projection serves until its successor is built", async () => {
  await given(events, async ({ directory, projector, reopen }) => {
    const path = fileOf(directory, projector());
    await projector().close();
    edit(path, `UPDATE library SET versions = '{"files":0}'`);
    const reader = LibraryReader.open(directory)!;
    assert.equal(reader.totals().tracks, 3000);
    assert.match((await reopen()).join(), /versions/);
    assert.equal(reader.totals().tracks, 3000);
    assert.equal(reader.reopen(), true);
    assert.equal(reader.totals().tracks, 3000);
    reader.close();
    assert.deepEqual(await reopen(), []);
  });
});

Deno.test("projector: a library of another layout can't be read, and is replaced", async () => {
  await given(events, async ({ directory, projector, reopen }) => {
    const path = fileOf(directory, projector());
    await projector().close();
    edit(path, "UPDATE library SET schema = 999");
    assert.equal(LibraryReader.open(directory), undefined);
    assert.match((await reopen()).join(), /layout/);
    assert.equal(projector().queries.totals().tracks, 3000);
  });
});

Deno.test("projector: a library of another log, or ahead of the log, is replaced", async () => {
  await given(events, async ({ projector, reopen }) => {
    const other = createTestLog();
    await appendEach(other, [observed(1, flac(1024, "x.flac"))]);
    assert.match((await reopen(other)).join(), /another log/);
    assert.equal(projector().queries.totals().tracks, 1);
    const shorter: SourceLog = {
      id: other.id,
      lastSeq: () => LOG_START,
      read: () => [][Symbol.iterator](),
    };
    assert.match((await reopen(shorter as typeof other)).join(), /ahead/);
    assert.equal(projector().queries.totals().tracks, 0);
  });
});

Deno.test("projector: events that come during a rebuild are in both files", async () => {
  await given(events, async ({ directory, projector, log }) => {
    const rebuilt = projector().rebuild();
    assert.equal(projector().rebuild(), rebuilt);
    await log.append([gone(2, 1024)]);
    await projector().catchUp();
    assert.equal(projector().queries.totals().tracks, 2999);
    const { file, files } = await rebuilt;
    assert.equal(files, 3000);
    assert.equal(projector().file, file);
    assert.equal(projector().queries.totals().tracks, 2999);
    assert.equal(projector().checkpoint, log.lastSeq());
    assert.equal((await verifyLibrary({ directory, log })).difference, null);
  });
});

Deno.test("projector: an aborted rebuild leaves no serving file, and is continued later", async () => {
  const directory = await Deno.makeTempDir();
  const log = createTestLog();
  // With an event for each file, few files are committed at once.
  await log.append(
    [...syntheticEvents(20_000)].flatMap((event): MusicEvent[] =>
      event.type !== "FilesObserved" ? [event] : event.data.files.map((file) => ({
        ...event,
        data: { ...event.data, files: [file] },
      }))
    ),
  );
  const abort = new AbortController();
  const onProgress = ({ files }: { files: number }) => {
    if (files > 18_000) abort.abort(new Error("enough"));
  };
  await assert.rejects(
    () => openLibrary({ directory, log, signal: abort.signal, onProgress }),
    /enough/,
  );
  assert.equal(LibraryReader.open(directory), undefined);
  const projector = await openLibrary({ directory, log });
  assert.ok(projector.rebuilt!.files < 10_000, `${projector.rebuilt!.files} were folded again`);
  assert.equal(projector.queries.totals().tracks, 20_000);
  assert.equal((await verifyLibrary({ directory, log })).difference, null);
  await projector.close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("verify: names the first row that differs, in one line", async () => {
  const some = [template("$title.$format"), observed(1, flac(1024, "x.flac", { title: "a\nb" }))];
  await given(some, async ({ directory, projector, log }) => {
    const path = fileOf(directory, projector());
    const difference = async () => (await verifyLibrary({ directory, log })).difference;
    assert.equal(await difference(), null);
    edit(path, "UPDATE nodes SET size = 5 WHERE id = 1024");
    assert.equal(
      await difference(),
      `nodes parent=1 name="a_b.flac": live has size=5, the log says size=100`,
    );
    edit(path, "UPDATE nodes SET size = 100 WHERE id = 1024; DELETE FROM files");
    assert.match(
      (await difference())!,
      /^files number=1024: live has no row, the log says .*x\.flac/,
    );
    assert.equal((await difference())!.includes("\n"), false);
    edit(path, "UPDATE library SET log_id = 'x'");
    assert.match((await difference())!, /^library: live is of log x/);
  });
});

Deno.test("verify: without a library the error says what to do", async () => {
  const directory = await Deno.makeTempDir();
  await assert.rejects(() => verifyLibrary({ directory, log: createTestLog() }), UserError);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("projector: a rebuild yields the same tree as the first fold", async () => {
  await given([...events, template("$album/$title.$format")], async ({ directory, projector }) => {
    const before = treeOf(directory);
    assert.equal(filePaths(directory).length, 3000);
    await projector().rebuild();
    assert.deepEqual(treeOf(directory), before);
  });
});

Deno.test("projector: removing an origin removes all its files, and no name of another origin's", async () => {
  const two = [...syntheticEvents(3_000, { origin: "nas", template: "$album/$title.$format" })]
    .map((event): MusicEvent =>
      event.type !== "FilesObserved" ? event : {
        ...event,
        data: {
          ...event.data,
          files: event.data.files.map((file) => ({ ...file, file: toFileId(file.file + 3_000) })),
        },
      }
    );
  await given([...events, ...two], async ({ directory, projector, log, when }) => {
    await when({ type: "OriginRemoved", v: 1, data: { origin: "local" } });
    assert.equal(projector().queries.totals().tracks, 3000);
    assert.deepEqual(treeOf(directory), modelOf([...log.read()]).tree);
    await when({ type: "OriginRemoved", v: 1, data: { origin: "nas" } });
    assert.deepEqual(filePaths(directory), []);
    await when({ type: "OriginRemoved", v: 1, data: { origin: "nas" } });
    assert.deepEqual(projector().queries.origins().map(({ configured }) => configured), [
      false,
      false,
    ]);
  });
});

Deno.test({
  name: "projector: a full disk leaves the serving file, and no other (needs root for tmpfs)",
  ignore: Deno.uid() !== 0,
  fn: async () => {
    const directory = await Deno.makeTempDir();
    mount("-t", "tmpfs", "-o", "size=64m", "tmpfs", directory);
    try {
      const log = createTestLog();
      await appendEach(log, events);
      const projector = await openLibrary({ directory, log });
      const used = () =>
        [...Deno.readDirSync(directory)]
          .reduce((sum, { name }) => sum + Deno.statSync(`${directory}/${name}`).size, 0);
      const { size } = Deno.statSync(fileOf(directory, projector));
      const files = () => [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
      const before = files();
      // The room on the disk ranges from none to enough for everything but the pointer.
      for (const room of [0, 4_096, 24_576, 65_536, size - 8_192, size, size + 8_192]) {
        mount("-o", `remount,size=${used() + room}`, directory);
        await projector.rebuild().then(
          ({ file }) => assert.equal(projector.file, file),
          (error) => {
            assert.match(String(error), /full|No space|disk I\/O/);
            assert.deepEqual(files(), before);
          },
        );
        assert.equal(projector.queries.totals().tracks, 3000);
        if (files().join() !== before.join()) break;
      }
      await log.append([gone(2, 1024)]);
      mount("-o", "remount,size=64m", directory);
      assert.equal(await projector.catchUp(), log.lastSeq());
      assert.equal((await verifyLibrary({ directory, log })).difference, null);
      await projector.close();
    } finally {
      new Deno.Command("umount", { args: ["-l", directory] }).outputSync();
      await Deno.remove(directory, { recursive: true });
    }
  },
});

function mount(...args: string[]): void {
  assert.equal(new Deno.Command("mount", { args }).outputSync().success, true);
}
