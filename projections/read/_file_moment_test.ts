import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { FileMoment, mappedAt } from "./_file_moment.ts";

Deno.test("FileMoment: every commit ends a moment, also of another process, and nothing else does", async () => {
  const directory = await Deno.makeTempDir({ prefix: "moment of a file" });
  const path = `${directory}/a b.sqlite`;
  try {
    const writer = new DatabaseSync(path);
    writer.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    const reader = new DatabaseSync(path, { readOnly: true });
    const count = () => reader.prepare("SELECT count(*) AS rows FROM t").get()!.rows;
    assert.equal(count(), 1);
    const moment = new FileMoment(path);
    const ends = async (how: string, commit: () => unknown) => {
      moment.note();
      assert.equal(moment.isUnchanged(), true, `before ${how}`);
      await commit();
      assert.equal(moment.isUnchanged(), false, how);
    };
    const insert = "INSERT INTO t VALUES (1)";
    await ends("a commit", () => writer.exec(insert));
    await ends("a commit of another process", () => inOtherProcess(path, insert));
    await ends("the first commit of a journal that begins anew", () => {
      writer.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      writer.exec(insert);
    });
    moment.note();
    assert.equal(count(), 4);
    writer.exec(`BEGIN; ${insert}`);
    assert.equal(moment.isUnchanged(), true);
    writer.exec("ROLLBACK");
    assert.equal(moment.isUnchanged(), true);
    assert.equal(count(), 4);
    moment.close();
    assert.equal(moment.isUnchanged(), false);
    reader.close();
    writer.close();
    moment.note();
    assert.equal(moment.isUnchanged(), false);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("FileMoment: without the shared memory of a file nothing is certain", async () => {
  const path = await Deno.makeTempFile();
  const moment = new FileMoment(path);
  moment.note();
  assert.equal(moment.isUnchanged(), false);
  await Deno.remove(path);
});

Deno.test("mappedAt tells files by device and inode, since two may have the same path", () => {
  const maps = [
    "7f0000001000-7f0000009000 rw-s 00000000 fe:00 329635                     /c/a b.sqlite-shm",
    "7f0000011000-7f0000019000 rw-s 00000000 fe:00 329642                     /c/a b.sqlite-shm",
    "7f0000019000-7f0000021000 rw-s 00008000 fe:00 329642                     /c/a b.sqlite-shm",
    "7f0000031000-7f0000039000 rw-s 00000000 103:02 77                        /c/c",
    "7f0000041000-7f0000049000 -w-s 00000000 fe:00 78                         /c/d",
    "7f0000051000-7f0000059000 rw-s 00000000 fe:00 79                         /c/e",
    "7f0000061000-7f0000069000 rw-s 00000000 fe:00 79                         /c/e",
    "7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                          [stack]",
    "",
  ].join("\n");
  const at = (dev: number, ino: number) => mappedAt(maps, dev, ino)?.toString(16);
  assert.equal(at(0xfe00, 329_635), "7f0000001000");
  assert.equal(at(0xfe00, 329_642), "7f0000011000");
  assert.equal(at(0x1_0302, 77), "7f0000031000");
  assert.equal(at(0xfe01, 329_642), undefined, "another device");
  assert.equal(at(0xfe00, 78), undefined, "memory that can't be read");
  assert.equal(at(0xfe00, 79), undefined, "nobody knows which of two lasts");
});

async function inOtherProcess(path: string, sql: string): Promise<void> {
  const script = `import { DatabaseSync } from "node:sqlite";
    new DatabaseSync(${JSON.stringify(path)}).exec(${JSON.stringify(sql)});`;
  const { success } = await new Deno.Command(Deno.execPath(), { args: ["eval", script] }).output();
  assert.ok(success);
}
