import assert from "node:assert/strict";
import { OriginNotFound, OriginUnreachable, readBytes } from "../../src/origins/mod.ts";
import { drained, FILES, list, noise, paths, type Run, writeAll } from "./_origin_place.ts";

/** What any origin says when a file is not there or nothing answers, and how its calls end. */
export const ABSENCE: Record<string, Run> = {
  "says positively that something is not there": async (it) => {
    await writeAll(it, FILES);
    const { origin } = it;
    await it.remove("z.flac");
    await assert.rejects(origin.stat("z.flac"), OriginNotFound);
    await assert.rejects(origin.stat("z.flac/below"), OriginNotFound);
    await assert.rejects(origin.stat("a"), OriginNotFound);
    await assert.rejects(readBytes(origin, "no/such", 0, 1), OriginNotFound);
    await assert.rejects(readBytes(origin, "z.flac", 0, 0), OriginNotFound);
    await assert.rejects(readBytes(origin, "a", 0, 1), OriginNotFound);
    await assert.rejects(list(origin, { directory: "no/such" }), OriginNotFound);
    await assert.rejects(list(origin, { directory: "no", recursive: false }), OriginNotFound);
    assert.ok(!(await paths(origin)).includes("z.flac"));
  },

  "says that it does not answer, and never that files are gone": async (it) => {
    await writeAll(it, FILES);
    const { origin } = it;
    await origin.check();
    await list(origin);
    await it.takeAway();
    await assert.rejects(list(origin), OriginUnreachable);
    await assert.rejects(origin.stat("z.flac"), OriginUnreachable);
    await assert.rejects(readBytes(origin, "z.flac", 0, 1), OriginUnreachable);
    await assert.rejects(origin.check(), OriginUnreachable);
  },

  "ends every call with the signal's reason": async (it) => {
    await writeAll(it, FILES);
    await it.write("large", noise(8_000_000));
    const { origin } = it;
    const abort = new AbortController();
    const { signal } = abort;
    const walk = origin.list({ signal });
    const reading = origin.read("large", 0, 8_000_000, { signal });
    await Promise.all([walk.next(), reading.next()]);
    abort.abort(new Error("Enough"));
    const aborted = performance.now();
    await assert.rejects(drained(walk), /Enough/);
    await assert.rejects(drained(reading), /Enough/);
    await assert.rejects(list(origin, { signal }), /Enough/);
    await assert.rejects(origin.stat("z.flac", { signal }), /Enough/);
    await assert.rejects(readBytes(origin, "z.flac", 0, 1, { signal }), /Enough/);
    await assert.rejects(origin.check({ signal }), /Enough/);
    assert.ok(performance.now() - aborted < 1_000, "at once");
    assert.equal((await readBytes(origin, "z.flac", 0, 1)).length, 1, "others are not touched");
  },

  "ends what is under way when it is closed": async (it) => {
    await writeAll(it, FILES);
    await it.write("large", noise(8_000_000));
    const { origin } = it;
    const walk = origin.list();
    const reading = origin.read("large", 0, 8_000_000);
    await Promise.all([walk.next(), reading.next()]);
    await origin.close();
    await assert.rejects(drained(walk), OriginUnreachable);
    await assert.rejects(drained(reading), OriginUnreachable);
    await origin.close();
  },
};
