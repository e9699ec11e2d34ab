import assert from "node:assert/strict";
import { ScanQueue, type ScanWork } from "./scan_queue.ts";

const changes: ScanWork = { mode: "changes", directories: [] };
const full: ScanWork = { mode: "full", directories: [] };
const directories = (...paths: string[]): ScanWork => ({
  mode: "directories",
  directories: paths,
});

function recorded() {
  const scans: [string, ScanWork][] = [];
  const holds: PromiseWithResolvers<void>[] = [];
  const queue = new ScanQueue<number>(async (origin, work) => {
    scans.push([origin, work]);
    const hold = Promise.withResolvers<void>();
    holds.push(hold);
    await hold.promise;
    return scans.length;
  });
  return { queue, scans, holds };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

Deno.test("ScanQueue makes one scan of all waiting requests for an origin", async () => {
  const { queue, scans, holds } = recorded();
  const answers = [
    queue.add("a", directories("x")),
    queue.add("a", directories("y", "x")),
    queue.add("b", directories("z")),
    queue.add("b", changes),
    queue.add("b", full),
  ];
  await settle();
  assert.deepEqual(scans, [["a", directories("x", "y")]], "one at a time");
  assert.ok(queue.busy);
  holds[0]!.resolve();
  await settle();
  assert.deepEqual(scans[1], ["b", full]);
  holds[1]!.resolve();
  assert.deepEqual(await Promise.all(answers), [1, 1, 2, 2, 2]);
  await queue.idle();
  assert.ok(!queue.busy);
});

Deno.test("ScanQueue scans again for requests that came during a scan", async () => {
  const { queue, scans, holds } = recorded();
  const first = queue.add("a", changes);
  await settle();
  const second = queue.add("a", directories("x"));
  holds[0]!.resolve();
  assert.equal(await first, 1);
  await settle();
  holds[1]!.resolve();
  assert.equal(await second, 2);
  assert.deepEqual(scans, [["a", changes], ["a", directories("x")]]);
});

Deno.test("ScanQueue goes on after a scan that failed", async () => {
  let count = 0;
  const queue = new ScanQueue<string>((origin) => {
    count++;
    return origin === "bad" ? Promise.reject(new Error("failed")) : Promise.resolve(origin);
  });
  const bad = queue.add("bad", changes);
  const good = queue.add("good", changes);
  await assert.rejects(bad, /failed/);
  assert.equal(await good, "good");
  await queue.idle();
  assert.equal(count, 2);
});
