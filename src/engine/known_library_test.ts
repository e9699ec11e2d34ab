import assert from "node:assert/strict";
import type { FileVersion, MusicEvent, ObservedFile } from "../../events/mod.ts";
import { fakeAudio, FakeReader } from "../../tests/support/fake_reader.ts";
import { configured } from "../../tests/support/music_events.ts";
import { given } from "../../tests/support/projection_spec.ts";
import { systemClock, toFileId } from "../base/mod.ts";
import { type CallOptions, MemoryOrigin } from "../origins/mod.ts";
import { scanOrigin } from "../scan/mod.ts";
import { knownLibrary } from "./known_library.ts";

const KNOWN = 10_000;
const NEW = 300;

class AskedOrigin extends MemoryOrigin {
  stats = 0;

  override stat(path: string, options?: CallOptions): Promise<FileVersion> {
    this.stats++;
    return super.stat(path, options);
  }
}

Deno.test("each of many files with the same sound is compared with a bounded number of the others", async () => {
  const origin = new AskedOrigin("local");
  const bytes = fakeAudio("silence", "T");
  const write = (path: string) =>
    void origin.files.set(path, { bytes, size: bytes.length, mtime_s: 1_000, mtime_ns: 0 });
  const known: ObservedFile[] = Array.from({ length: KNOWN }, (_, i) => {
    const path = `${i % 100}/${i}.flac`;
    write(path);
    return {
      ...{ file: toFileId(2_000 + i), path, size: bytes.length, mtime_s: 1_000, mtime_ns: 0 },
      ...{ format: "flac", audio: "silence", tags: { title: "T" }, properties: {} },
    };
  });
  const observed: MusicEvent = {
    type: "FilesObserved",
    v: 1,
    data: { origin: "local", scan: 1, position: "", files: known },
  };
  await given([configured("local", "/memory"), observed], async ({ projector, log }) => {
    for (let i = 0; i < NEW; i++) write(`new/${i}.flac`);
    const library = knownLibrary("local", () => projector().queries, () => true);
    let rows = 0;
    let number = 50_000;
    const { listed, read } = await scanOrigin({
      origin,
      known: {
        ...library,
        withAudio(audio) {
          const sounds = library.withAudio(audio);
          rows += sounds.length;
          return sounds;
        },
      },
      reader: new FakeReader(origin),
      append: async (events) => {
        await log.append(events);
        await projector().catchUp();
      },
      nextFile: () => toFileId(number++),
      ...{ claimed: new Set(), clock: systemClock },
    }, { scan: 2, mode: "changes", removalsHold: 0.25, removalsConfirmed: () => false });
    assert.deepEqual([listed, read], [KNOWN + NEW, NEW]);
    assert.equal(projector().queries.origin("local")!.tracks, KNOWN + NEW);
    // Without a bound each new file would be compared with ten thousand others.
    assert.ok(rows <= NEW, `${rows} rows were looked at`);
    assert.ok(origin.stats <= NEW, `the origin was asked ${origin.stats} times`);
  });
});
