import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { FileMoment } from "./_file_moment.ts";

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

async function inOtherProcess(path: string, sql: string): Promise<void> {
  const script = `import { DatabaseSync } from "node:sqlite";
    new DatabaseSync(${JSON.stringify(path)}).exec(${JSON.stringify(sql)});`;
  const { success } = await new Deno.Command(Deno.execPath(), { args: ["eval", script] }).output();
  assert.ok(success);
}
