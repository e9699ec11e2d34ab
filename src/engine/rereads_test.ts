import assert from "node:assert/strict";
import { toFileId } from "../base/mod.ts";
import type { ObservedFile } from "../../events/mod.ts";
import type { LibraryQueries } from "../../projections/mod.ts";
import { given } from "../../tests/support/projection_spec.ts";
import { until } from "../../tests/support/until.ts";
import type { FileReader, FileReading, ListedFile } from "../metadata/mod.ts";
import { TAG_READER_VERSION } from "../metadata/mod.ts";
import { Rereads } from "./rereads.ts";

const ORIGIN = "music";
const VERSION = { size: 10, mtime_s: 1_000, mtime_ns: 5 };
const silent = () => {};
const logger = { trace: silent, debug: silent, info: silent, warn: silent, error: silent };

/** A file that an older reader saw, unless `more` says otherwise. */
function file(number: number, more: Partial<ObservedFile> = {}): ObservedFile {
  return {
    ...{ file: toFileId(number), path: `${number}.mp3`, ...VERSION, mode: 0o640, uid: 7, gid: 8 },
    ...{ format: "mp3", audio: `a${number}`, tags: { title: "Old" }, properties: {} },
    ...more,
  };
}

/** Reads as a newer reader would; each call waits for its turn. */
class NewReader implements FileReader {
  readonly size = 1;
  readonly reads: string[][] = [];
  gate: Promise<void> = Promise.resolve();
  reading = (_path: string): Partial<FileReading> => ({});

  async read(files: readonly ListedFile[]): Promise<FileReading[]> {
    this.reads.push(files.map(({ path }) => path));
    await this.gate;
    return files.map(({ path, size, mtime_s, mtime_ns }) => ({
      ...{ size, mtime_s, mtime_ns, format: "mp3", audio: `new ${path}`, properties: {} },
      ...{ tags: { title: "New" }, details: { tags: { label: ["L"] } } },
      ...this.reading(path),
    } as FileReading));
  }
}

interface Scene {
  readonly reader: NewReader;
  readonly rereads: Rereads;
  readonly left: number[];
  readonly stop: AbortController;
  queries(): LibraryQueries;
}

/** A library of these files, and the Rereads over it. */
function withFiles(
  files: readonly ObservedFile[],
  run: (scene: Scene) => Promise<void>,
  encoding = "windows-1252",
): Promise<void> {
  return given([{
    type: "FilesObserved",
    v: 1,
    data: { origin: ORIGIN, scan: 1, position: "", files },
  }], async ({ log, projector }) => {
    const reader = new NewReader();
    const left: number[] = [];
    const stop = new AbortController();
    const rereads = new Rereads({
      queries: () => projector().queries,
      readerOf: () => reader,
      encoding,
      append: async (events) => {
        await log.append(events);
        await projector().catchUp();
      },
      onLeft: (files) => left.push(files),
      ...{ signal: stop.signal, logger, filesPerSecond: 100_000 },
    });
    await run({ reader, rereads, left, stop, queries: () => projector().queries });
    stop.abort();
    await rereads.close();
  });
}

async function over({ rereads }: Scene): Promise<void> {
  await until("the pass is over", 10_000, () => !rereads.busy);
}

Deno.test("a file that an older reader read is read again, and stays the same file, track and version", async () => {
  const files = Array.from({ length: 100 }, (_, i) => file(2_000 + i));
  files.push(file(3_000, { reader: TAG_READER_VERSION }));
  files.push(file(3_001, { unreadable: "Refused", unreadable_kind: "denied", reader: 0 }));
  await withFiles(files, async (scene) => {
    const before = scene.queries().file(toFileId(2_000))!;
    scene.rereads.begin(ORIGIN);
    await over(scene);
    assert.deepEqual(scene.reader.reads.map(({ length }) => length), [32, 32, 32, 4]);
    const after = scene.queries().file(toFileId(2_000))!;
    assert.deepEqual([after.tags, after.reader], ['{"title":"New"}', TAG_READER_VERSION]);
    assert.deepEqual(
      [after.content, after.track, after.mode, after.uid, after.gid],
      [before.content, before.track, 0o640, 7, 8],
    );
    assert.equal(scene.queries().file(toFileId(3_000))!.trackTags.title, "Old");
    assert.equal(scene.queries().file(toFileId(3_001))!.unreadable, "Refused");
    assert.deepEqual(scene.left, [100, 68, 36, 4, 0], "what is left is told");
    scene.rereads.begin(ORIGIN);
    await over(scene);
    assert.equal(scene.reader.reads.length, 4, "nothing is left");
  });
});

Deno.test("a file that has changed, is gone or can't be read is left as it is", async () => {
  await withFiles([file(2_000), file(2_001), file(2_002), file(2_003)], async (scene) => {
    scene.reader.reading = (path) => {
      if (path === "2000.mp3") return { size: 11 };
      if (path === "2001.mp3") return { vanished: true };
      if (path === "2002.mp3") return { unreadable: "Input/output error", unreadable_kind: "io" };
      return {};
    };
    scene.rereads.begin(ORIGIN);
    await over(scene);
    const titles = [2_000, 2_001, 2_002, 2_003].map((n) =>
      scene.queries().file(toFileId(n))!.trackTags.title
    );
    assert.deepEqual(titles, ["Old", "Old", "Old", "New"]);
    assert.equal(scene.reader.reads.length, 1, "each is tried once in a pass");
  });
});

Deno.test("files whose text was read with another encoding are read again, and no others", async () => {
  const reader = TAG_READER_VERSION;
  const files = [
    file(2_000, { reader, details: { encoding: "windows-1252" } }),
    file(2_001, { reader, details: { encoding: "windows-1251" } }),
    file(2_002, { reader }),
    file(2_003, { reader, details: { encoding: "shift_jis" } }),
  ];
  await withFiles(files, async (scene) => {
    scene.reader.reading = () => ({ details: { encoding: "windows-1251" } });
    scene.rereads.begin(ORIGIN);
    await over(scene);
    assert.deepEqual(scene.reader.reads.flat().sort(), ["2000.mp3", "2003.mp3"]);
    scene.rereads.begin(ORIGIN);
    await over(scene);
    assert.equal(scene.reader.reads.length, 1);
  }, "windows-1251");
});

Deno.test("while a scan holds an origin, the running slice ends and no other begins", async () => {
  const files = Array.from({ length: 100 }, (_, i) => file(2_000 + i));
  await withFiles(files, async (scene) => {
    const gate = Promise.withResolvers<void>();
    scene.reader.gate = gate.promise;
    scene.rereads.begin(ORIGIN);
    await until("it reads", 10_000, () => scene.reader.reads.length === 1);
    let isHeld = false;
    const held = scene.rereads.hold(ORIGIN).then((release) => {
      isHeld = true;
      return release;
    });
    await Promise.resolve();
    assert.equal(isHeld, false, "a slice is being read");
    gate.resolve();
    const release = await held;
    assert.equal(
      scene.queries().file(toFileId(2_000))!.trackTags.title,
      "New",
      "what was read is noted",
    );
    await over(scene);
    assert.equal(scene.reader.reads.length, 1);
    release();
    scene.rereads.begin(ORIGIN);
    await over(scene);
    assert.equal(scene.reader.reads.length, 4, "the next pass goes on with what is left");
  });
});

Deno.test("a pass that was cut off is continued", async () => {
  const files = Array.from({ length: 70 }, (_, i) => file(2_000 + i));
  await withFiles(files, async (scene) => {
    const { stop, reader, rereads } = scene;
    reader.reading = () => {
      stop.abort();
      return {};
    };
    rereads.begin(ORIGIN);
    await rereads.close();
    const { files: left } = scene.queries().scanning.misreadCount({
      ...{ reader: TAG_READER_VERSION, encoding: "windows-1252", limit: 100 },
    });
    assert.equal(left, 70 - 32);
  });
});
