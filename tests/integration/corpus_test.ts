/** Real and broken samples of every format: each gives tags or a reason, at once. */
import assert from "node:assert/strict";
import { LocalOrigin } from "../../src/origins/mod.ts";
import { ParserPool } from "../../src/tags/mod.ts";
import { needs } from "../support/needs.ts";

const SAMPLE_MS_MAX = 1_000;
const corpus = Deno.env.get("MUSICFS_CORPUS") ??
  new URL("../../../shared/corpus/audio", import.meta.url).pathname;

Deno.test({
  name: "every sample of the corpus gives tags or a reason within a second",
  ignore: !needs(corpus),
  async fn(t) {
    const pool = new ParserPool(1);
    try {
      await pool.read(corpus, ["."]);
      let samples = 0;
      let tracks = 0;
      for await (const batch of new LocalOrigin("corpus", corpus).list()) {
        for (const entry of batch) {
          assert.equal(entry.kind, "file");
          samples++;
          const start = performance.now();
          const [reading] = await pool.read(corpus, [entry.path]);
          const elapsed = performance.now() - start;
          assert.ok(elapsed < SAMPLE_MS_MAX, `${entry.path} took ${elapsed} ms`);
          assert.ok(reading && !reading.vanished, entry.path);
          const { size } = await Deno.stat(`${corpus}/${entry.path}`);
          assert.equal(reading.size, size);
          if (reading.unreadable === undefined) {
            assert.ok(reading.format && reading.audio && reading.tags, entry.path);
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
      pool.close();
    }
  },
});
