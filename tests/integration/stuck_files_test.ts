/** Files made to stop a parser: none takes long or much memory, and no file beside them is blamed. */
import assert from "node:assert/strict";
import { flacFile } from "../../scripts/audio/mod.ts";
import { PARSER_BYTES_MAX } from "../../src/base/mod.ts";
import { LocalReader } from "../../src/metadata/readers/local_reader.ts";
import type { ListedFile } from "../../src/metadata/mod.ts";
import { ParserPool } from "../../src/metadata/mod.ts";

const CORPUS = decodeURIComponent(
  new URL("../../../shared/corpus/faults/stuck", import.meta.url).pathname,
);

/** FLAC files whose comments are more than their block can hold, and one that is nothing but that claim. */
function made(): Record<string, Uint8Array<ArrayBuffer>> {
  const claiming = (count: number, room: number) => {
    const block = new Uint8Array(4 + 8 + room);
    const view = new DataView(block.buffer);
    view.setUint32(0, 0x8400_0000 | (block.length - 4));
    view.setUint32(8, count, true);
    return new Uint8Array([...flacFile({}).subarray(0, 42), ...block]);
  };
  return {
    "many.flac": claiming(10_000_000, 24_000),
    "most.flac": claiming(0xffff_ffff, 900_000),
    "bare.flac": claiming(0xffff_ffff, 0),
  };
}

async function given(): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  const files: Record<string, Uint8Array<ArrayBuffer>> = {};
  try {
    for await (const { name } of Deno.readDir(CORPUS)) {
      files[name] = await Deno.readFile(`${CORPUS}/${name}`);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return files;
}

/** The most memory that any child of this process holds, in bytes. */
function largestChild(): number {
  const children = Deno.readTextFileSync(`/proc/${Deno.pid}/task/${Deno.pid}/children`);
  let most = 0;
  for (const pid of children.split(" ").filter((text) => text !== "")) {
    try {
      const peak = /^VmHWM:\s*(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`));
      most = Math.max(most, Number(peak?.[1] ?? 0) * 1024);
    } catch {
      // It has ended.
    }
  }
  return most;
}

Deno.test("files that stop a parser cost little, alone and many at once", async () => {
  const root = await Deno.makeTempDir();
  const pool = new ParserPool();
  try {
    const stuck = Object.entries({ ...made(), ...await given() });
    const names: string[] = [];
    for (let i = 0; i < 24; i++) {
      const [name, bytes] = stuck[i % stuck.length]!;
      names.push(`${i}-${name}`, `${i}-innocent.flac`);
      await Deno.writeFile(`${root}/${i}-${name}`, bytes);
      await Deno.writeFile(`${root}/${i}-innocent.flac`, flacFile({ title: `${i}` }));
    }
    const reader = new LocalReader(root, pool);
    const listed = (path: string): ListedFile => ({ path, size: 1, mtime_s: 0, mtime_ns: 0 });
    const alone = await reader.read([listed(names[0]!)]);
    const together = await reader.read(names.map(listed));
    assert.equal(alone.length, 1);
    for (const [i, reading] of together.entries()) {
      assert.ok(!("skipped" in reading) && !reading.vanished, names[i]);
      if (i % 2 === 1) assert.equal(reading.tags?.title, `${(i - 1) / 2}`);
      // What is known of its sound is no reason to call it unreadable.
      else assert.ok(reading.format === "flac" || reading.unreadable_kind !== "timeout", names[i]);
    }
    assert.ok(largestChild() < PARSER_BYTES_MAX, `${largestChild()} bytes`);
  } finally {
    await pool.close();
    await Deno.remove(root, { recursive: true });
  }
});
