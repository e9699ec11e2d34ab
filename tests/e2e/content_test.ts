/**
 * Content that is no local file, over a real mount: chunks on the disk, and a stand-in for the engine in a process of
 * its own. The numbers in the names are those of src/vfs/SEMANTICS.md.
 */
import assert from "node:assert/strict";
import { FuseMount } from "../support/fuse_mount.ts";
import { needs } from "../support/needs.ts";

const ready = needs("/dev/fuse", "bash", "timeout", "python3");
const MB = 1024 * 1024;

function test(name: string, body: (mount: FuseMount) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !ready,
    fn: async () => {
      await using mount = new FuseMount();
      await body(mount);
    },
  });
}

function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (Math.imul(i, 2654435761) >>> 13) + seed;
  return bytes;
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000;
  while (!await condition()) {
    if (Date.now() > end) assert.fail(`${what}: not within 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function same(mount: FuseMount, path = "a.flac"): Promise<void> {
  const { stdout, stderr } = await mount.sh(`cmp $M/${path} $S/${path} && echo same`);
  assert.equal(stdout, "same\n", stderr);
}

test("20: content comes from the store, from the engine, and from both", async (mount) => {
  for (const name of ["stored", "fetched", "mixed"]) {
    mount.put(`${name}.flac`, pattern(3 * MB + 77, name.length));
  }
  mount.put("empty.flac", "");
  await mount.start({ remote: true });
  await mount.command({ op: "store", path: "stored.flac", from: 0, to: 3 * MB + 77, length: 65536 });
  await mount.command({ op: "store", path: "mixed.flac", from: 100_000, to: 2 * MB, length: 50_000 });
  await same(mount, "empty.flac");
  await same(mount, "stored.flac");
  assert.deepEqual((await mount.asked()).fetches, []);
  assert.deepEqual((await mount.asked()).fetches, []);
  await same(mount, "fetched.flac");
  await same(mount, "mixed.flac");
  const { hits, misses, pending, openFiles } = await mount.stats();
  assert.ok(hits > 0 && misses > 0);
  assert.deepEqual({ pending, openFiles }, { pending: 0, openFiles: 0 });
});
