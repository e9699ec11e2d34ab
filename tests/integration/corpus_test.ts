/** Real and broken samples of every format: each yields tags or a reason, within a second. */
import assert from "node:assert/strict";
import { LocalOrigin } from "../../src/origins/mod.ts";
import { ParserPool, RemoteReader } from "../../src/metadata/mod.ts";
import { CountedOrigin } from "../support/counted_origin.ts";
import { needs } from "../support/needs.ts";

const SAMPLE_MS_MAX = 1_000;
/** The most bytes that may be fetched of a remote sample: the median, nine in ten, and the average. */
const MEDIAN_BYTES_MAX = 24 * 1024;
const USUAL_BYTES_MAX = 128 * 1024;
const MEAN_BYTES_MAX = 48 * 1024;
const corpus = Deno.env.get("MUSICFS_CORPUS") ??
  new URL("../../../shared/corpus/audio", import.meta.url).pathname;

Deno.test({
  name: "every sample of the corpus gives tags or a reason within a second",
  ignore: !needs(corpus),
  async fn(t) {
    const pool = new ParserPool({ size: 1 });
    try {
      await pool.read(corpus, [{ path: ".", size: 0, mtime_s: 0, mtime_ns: 0 }]);
      let samples = 0;
      let tracks = 0;
      for await (const batch of new LocalOrigin("corpus", corpus).list()) {
        for (const entry of batch) {
          assert.ok(entry.kind === "file");
          samples++;
          const start = performance.now();
          const [reading] = await pool.read(corpus, [entry]);
          const elapsed = performance.now() - start;
          assert.ok(elapsed < SAMPLE_MS_MAX, `${entry.path} took ${elapsed} ms`);
          assert.ok(reading && !reading.vanished, entry.path);
          const { size } = await Deno.stat(`${corpus}/${entry.path}`);
          assert.equal(reading.size, size);
          if (reading.unreadable === undefined) {
            assert.ok(reading.format && reading.tags, entry.path);
            // Some samples are tags without any sound.
            const hasSound = reading.audio_start !== reading.audio_end;
            assert.ok(reading.audio !== undefined || !hasSound, entry.path);
            tracks++;
          } else {
            assert.equal(reading.format, undefined);
            assert.ok(reading.unreadable.length > 5);
          }
        }
      }
      await t.step(`${tracks} tracks of ${samples} samples`, () => {
        assert.ok(samples === 0 || tracks / samples > 0.9);
      });
    } finally {
      await pool.close();
    }
  },
});

Deno.test({
  name: "a remote sample of the corpus gives what a local one does, from a few KB of it",
  ignore: !needs(corpus),
  async fn(t) {
    const pool = new ParserPool({ size: 1 });
    const local = new LocalOrigin("corpus", corpus);
    const fetched: number[] = [];
    let reads = 0;
    try {
      for await (const batch of local.list()) {
        for (const entry of batch) {
          assert.ok(entry.kind === "file");
          const remote = new CountedOrigin(local);
          const reader = new RemoteReader(remote, pool);
          const [[near], [far]] = await Promise.all([
            pool.read(corpus, [entry]),
            reader.read([entry], new AbortController().signal),
          ]);
          assert.ok(near && far && "size" in near && "size" in far, entry.path);
          const { audio_end, ...said } = far;
          // A local FLAC file is read without looking for the end of its sound.
          const end = near.format === "flac" ? undefined : audio_end;
          assert.deepEqual({ ...said, ...(end !== undefined && { audio_end: end }) }, near);
          if (audio_end !== undefined) {
            assert.ok(far.audio_start! <= audio_end && audio_end <= far.size, entry.path);
          }
          fetched.push(remote.bytes);
          reads += remote.reads;
        }
      }
    } finally {
      await pool.close();
    }
    if (fetched.length === 0) return;
    fetched.sort((a, b) => a - b);
    const at = (share: number) => fetched[Math.floor(fetched.length * share)]!;
    const mean = Math.round(fetched.reduce((sum, bytes) => sum + bytes) / fetched.length);
    const each = (reads / fetched.length).toFixed(2);
    await t.step(`${mean} bytes in ${each} reads for each of ${fetched.length}`, () => {
      assert.ok(at(0.5) <= MEDIAN_BYTES_MAX, `${at(0.5)} bytes of the one in the middle`);
      assert.ok(at(0.9) <= USUAL_BYTES_MAX, `${at(0.9)} bytes of nine in ten`);
      assert.ok(mean <= MEAN_BYTES_MAX);
    });
  },
});
