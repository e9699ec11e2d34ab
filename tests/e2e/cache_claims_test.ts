/**
 * Every chunk that the cache claims to hold is there. A chunk that is deleted, mounted or not, is no longer claimed,
 * and its bytes are read from the origin again.
 */
import assert from "node:assert/strict";
import { CacheQueries } from "../../projections/mod.ts";
import { Bucket, CALL_MS_MAX, type Scene, settled, test } from "../support/remote_scene.ts";
import { until } from "../support/until.ts";

const LOSSES: Readonly<Record<string, (scene: Scene) => void>> = {
  "some chunks": (scene) =>
    scene.chunkFiles().filter((_, i) => i % 3 === 0).forEach((path) => Deno.removeSync(path)),
  "every chunk": (scene) => scene.chunkFiles().forEach((path) => Deno.removeSync(path)),
  "the cache log alone": (scene) => Deno.removeSync(`${scene.chunks}/log`, { recursive: true }),
  "what was made of the cache log": (scene) =>
    Deno.removeSync(`${scene.chunks}/projections`, { recursive: true }),
  "the chunks directory": (scene) => Deno.removeSync(scene.chunks, { recursive: true }),
  "the cache directory": (scene) => Deno.removeSync(scene.it.cacheDir, { recursive: true }),
};

/** The chunks that the library promises and that have no file, and the chunk files that it does not promise. */
function differences(scene: Scene): { phantoms: number; orphans: number; promised: number } {
  const content = CacheQueries.open({
    library: `${scene.it.cacheDir}/projections`,
    cache: `${scene.chunks}/projections`,
  });
  assert(content !== undefined);
  try {
    const promised = content.chunks(0, 1_000_000).map(({ hash }) => hash);
    const names = new Set(scene.chunkFiles().map((path) => path.slice(path.lastIndexOf("/") + 1)));
    const phantoms = promised.filter((hash) => !names.has(hash)).length;
    return {
      phantoms,
      orphans: names.size - (promised.length - phantoms),
      promised: promised.length,
    };
  } finally {
    content.close();
  }
}

async function isTrue(scene: Scene): Promise<void> {
  await until("what is promised is there, and nothing else", 30_000, () => {
    try {
      const { phantoms, orphans } = differences(scene);
      return phantoms === 0 && orphans === 0;
    } catch {
      return false; // The library is being built.
    }
  });
}

for (const [what, lose] of Object.entries(LOSSES)) {
  test(`${what} deleted while nothing is mounted: the chunks that are said to be stored are there`, async () => {
    await using bucket = await Bucket.open();
    const { scene } = bucket;
    await scene.it.mountAndScan();
    await scene.readsRight();
    await settled(scene);
    assert.equal(await scene.it.unmount(), 0, scene.it.log);
    assert.deepEqual({ ...differences(scene), promised: 0 }, {
      ...{ phantoms: 0, orphans: 0, promised: 0 },
    });
    assert.ok(differences(scene).promised > 20);
    lose(scene);
    await scene.it.mount();
    await isTrue(scene);
    await scene.readsRight();
    await settled(scene);
    await isTrue(scene);
  });

  test(`${what} deleted while it is mounted: the chunks that are said to be stored are there`, async () => {
    await using bucket = await Bucket.open();
    const { scene } = bucket;
    await scene.it.mountAndScan();
    await scene.readsRight();
    await settled(scene);
    lose(scene);
    await scene.readsRight();
    await settled(scene);
    await isTrue(scene);
    const { bytes, chunks } = await scene.it.json<{ bytes: number; chunks: number }>([
      ...["cache", "stats"],
    ]);
    assert.equal(chunks, scene.chunkFiles().length);
    assert.ok(bytes > 0);
  });
}

test("a chunk that the log doesn't name, as a crash leaves it, is deleted at the next start", async () => {
  await using bucket = await Bucket.open();
  const { scene } = bucket;
  await scene.it.mountAndScan();
  await scene.readsRight();
  await settled(scene);
  assert.equal(await scene.it.unmount(), 0, scene.it.log);
  const [chunk] = scene.chunkFiles();
  const name = "0123456789abcdef".repeat(4);
  Deno.mkdirSync(`${scene.chunks}/01`, { recursive: true });
  Deno.copyFileSync(chunk!, `${scene.chunks}/01/${name}`);
  assert.equal(differences(scene).orphans, 1);
  await scene.it.mount();
  await until("it is deleted", CALL_MS_MAX, () => differences(scene).orphans === 0);
  await until(
    "it is said",
    CALL_MS_MAX,
    () => scene.it.log.includes("deleted 1 chunk file that nothing in the library needs"),
  );
  await scene.readsRight();
});
