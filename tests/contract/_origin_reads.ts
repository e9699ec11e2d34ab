import assert from "node:assert/strict";
import { OriginChanged, readBytes } from "../../src/origins/mod.ts";
import { concatenated, equal, noise, type Run } from "./_origin_place.ts";

/** What a read of any origin gives. */
export const READS: Record<string, Run> = {
  "reads any range, shorter only at the end": async (it) => {
    const bytes = noise(300_000);
    await it.write("a/file.flac", bytes);
    await it.write("empty", new Uint8Array());
    const { origin } = it;
    const version = await origin.stat("a/file.flac");
    const ranges: [number, number][] = [
      ...[[0, 1], [0, 300_000], [1, 65_536], [65_535, 2], [100_000, 150_000], [299_999, 1]],
      ...[[299_999, 10], [0, 1_000_000], [300_000, 5], [300_001, 5], [2 ** 40, 5], [17, 0]],
    ] as [number, number][];
    for (const [offset, length] of ranges) {
      const expected = bytes.slice(offset, offset + length);
      assert.ok(equal(await readBytes(origin, "a/file.flac", offset, length), expected));
      const sure = await readBytes(origin, "a/file.flac", offset, length, { version });
      assert.ok(equal(sure, expected), `${length} from ${offset}`);
    }
    const empty = await origin.stat("empty");
    for (const [offset, length] of [[0, 0], [0, 100], [5, 5]] as const) {
      assert.equal((await readBytes(origin, "empty", offset, length)).length, 0);
      assert.equal(
        (await readBytes(origin, "empty", offset, length, { version: empty })).length,
        0,
      );
    }
  },

  "gives each piece away": async (it) => {
    const bytes = noise(200_000);
    await it.write("file", bytes);
    const kept: Uint8Array[] = [];
    for await (const piece of it.origin.read("file", 0, bytes.length)) {
      kept.push(piece.slice());
      piece.fill(0);
    }
    assert.ok(equal(concatenated(kept), bytes));
    assert.ok(equal(await readBytes(it.origin, "file", 0, bytes.length), bytes));
  },

  "reads many ranges at once": async (it) => {
    const files = new Map([["a", noise(200_000)], ["b", noise(150_000)]]);
    for (const [path, bytes] of files) await it.write(path, bytes);
    await Promise.all(Array.from({ length: 24 }, async (_, i) => {
      const path = i % 2 === 0 ? "a" : "b";
      const [offset, length] = [i * 5_000, 40_000 + i];
      const expected = files.get(path)!.slice(offset, offset + length);
      assert.ok(equal(await readBytes(it.origin, path, offset, length), expected));
    }));
  },

  "a reader that leaves early does no harm": async (it) => {
    const bytes = noise(4_000_000);
    await it.write("file", bytes);
    for (let i = 0; i < 5; i++) {
      for await (const piece of it.origin.read("file", 0, bytes.length)) {
        assert.ok(equal(piece, bytes.subarray(0, piece.length)));
        break;
      }
    }
    for await (const _ of it.origin.list()) break;
    assert.ok(equal(await readBytes(it.origin, "file", 9, 90), bytes.subarray(9, 99)));
  },

  "refuses a version that is not there any more": async (it) => {
    await it.write("file", noise(5_000));
    const { origin } = it;
    const before = await origin.stat("file");
    const changed = (options: { version: typeof before }) =>
      assert.rejects(readBytes(origin, "file", 10, 100, options), OriginChanged);
    await changed({ version: { ...before, size: before.size + 1 } });
    await changed({ version: { ...before, mtime_s: before.mtime_s - 10 } });
    if (before.etag !== undefined) await changed({ version: { ...before, etag: "other" } });
    await it.write("file", noise(5_000));
    await changed({ version: before });
    const version = await origin.stat("file");
    assert.equal((await readBytes(origin, "file", 10, 100, { version })).length, 100);
  },

  "never mixes two versions when a file is replaced during a read": async (it) => {
    const before = new Uint8Array(6_000_000).fill(1);
    const after = new Uint8Array(6_000_000).fill(2);
    await it.write("file", before);
    const version = await it.origin.stat("file");
    const reading = it.origin.read("file", 0, before.length, { version });
    const pieces = [(await reading.next()).value as Uint8Array];
    await it.write("file", after);
    try {
      for await (const piece of reading) pieces.push(piece);
      assert.ok(equal(concatenated(pieces), before), "all bytes are of the version asked for");
    } catch (error) {
      assert.ok(error instanceof OriginChanged, String(error));
    }
  },
};
