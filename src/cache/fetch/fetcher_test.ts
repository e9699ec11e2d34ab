import assert from "node:assert/strict";
import type { FileState } from "../../../projections/mod.ts";
import { ContentWorld, noise } from "../../../tests/support/content_world.ts";
import { until } from "../../../tests/support/until.ts";

Deno.test("an origin that keeps its readers waiting holds up no reader of another origin", async () => {
  await using world = await ContentWorld.open({ origins: ["nas", "bucket"] });
  const slow: FileState[] = [];
  for (let i = 0; i < 20; i++) slow.push(await world.put("nas", `${i}.flac`, noise(1_000, i)));
  const other = noise(1_000, 99);
  const file = await world.put("bucket", "other.flac", other);
  world.origin("nas").faulty.plan = ({ name }) =>
    name === "read" ? { kind: "slow", ms: 500 } : undefined;
  let isOver = false;
  const reads = Promise.all(slow.map((it) => world.read(it))).then(() => isOver = true);
  assert.deepEqual(await world.read(file), other);
  assert.equal(isOver, false);
  await reads;
});

Deno.test("while memory is full, fetches ahead wait, and a reader waits only for a while", async () => {
  const mib = 1024 * 1024;
  await using world = await ContentWorld.open({ memoryMax: 4 * mib });
  const bytes = noise(12 * mib, 7);
  const file = await world.put("nas", "a.flac", bytes);
  const { file: number, content: version } = file;
  const gate = Promise.withResolvers<void>();
  world.beforeCut = () => gate.promise;
  const asked: number[] = [];
  world.origin("nas").faulty.plan = ({ name, offset }) => {
    if (name === "read") asked.push(offset);
    return undefined;
  };
  const ahead = (from: number, to: number) =>
    world.fetcher.ahead({ file: number, version, from: from * mib, to: to * mib });
  await ahead(0, 4);
  await ahead(4, 8);
  await ahead(8, 10);
  // Nothing is stored before the gate opens: this reader waits for memory, but not for long.
  assert.deepEqual(await world.read(file, 11 * mib, 12 * mib), bytes.subarray(11 * mib));
  assert.ok(asked.every((offset) => offset < 4 * mib || offset === 11 * mib), `${asked}`);
  gate.resolve();
  await until(
    "it goes on",
    10_000,
    () => asked.some((offset) => offset >= 8 * mib && offset < 10 * mib),
  );
  assert.ok(
    asked.every((offset) => offset < 4 * mib || offset >= 8 * mib),
    "the newest wish counts",
  );
  await world.keep(file);
  assert.deepEqual(await world.read(file), bytes);
});

Deno.test("a completed file has no hole, wherever the parts lie that were stored before", async () => {
  const mib = 1024 * 1024;
  await using world = await ContentWorld.open();
  const bytes = noise(12 * mib, 3);
  const file = await world.put("nas", "a.flac", bytes);
  // A stored part that crosses the border of two pieces counts once for each: a count of bytes would hide a hole of its
  // length.
  await world.read(file, 4 * mib - 200_000, 4 * mib + 50_000);
  await world.restart();
  assert.ok(world.storedBytes(file) > 0 && world.storedBytes(file) < file.size);
  await world.read(file, 0, 4 * mib - 250_000);
  await world.restart();
  const { signal } = new AbortController();
  const { fetched, missing } = await world.fetcher.complete(file.file, 4 * mib, signal);
  assert.ok(fetched > 0);
  assert.equal(missing, 0);
  assert.equal(world.storedBytes(file), file.size);
});

Deno.test("a file that can't be stored whole is not reported as complete", async () => {
  await using world = await ContentWorld.open({ room: 300_000 });
  const file = await world.put("nas", "a.flac", noise(1024 * 1024, 5));
  const { signal } = new AbortController();
  const { missing } = await world.fetcher.complete(file.file, 4 * 1024 * 1024, signal);
  assert.ok(missing > 0);
  assert.equal(missing, file.size - world.storedBytes(file));
});

Deno.test("fetches of whole files wait for memory like all others", async () => {
  const mib = 1024 * 1024;
  await using world = await ContentWorld.open({ memoryMax: 4 * mib });
  const file = await world.put("nas", "a.flac", noise(24 * mib, 9));
  const gate = Promise.withResolvers<void>();
  world.beforeCut = () => gate.promise;
  let asked = 0;
  world.origin("nas").faulty.plan = ({ name, offset }) => {
    if (name === "read") asked = Math.max(asked, offset);
    return undefined;
  };
  const { signal } = new AbortController();
  const reached: number[] = [];
  const done = world.fetcher.complete(
    file.file,
    4 * mib,
    signal,
    (bytes) => void reached.push(bytes),
  );
  await until("the first piece is there", 10_000, () => reached.length > 0);
  // Nothing is stored before the gate opens. A wait for memory takes a second, after which another one begins.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  assert.ok(asked < 8 * mib, `${asked}`);
  gate.resolve();
  assert.deepEqual(await done, { fetched: file.size, missing: 0 });
});
