import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { diskFault } from "./disk_fault.ts";

Deno.test("diskFault() knows the system's errors in every form that they are reported in", () => {
  assert.match(diskFault(Object.assign(new Error("write"), { code: 28 }))!.what, /full/);
  assert.match(diskFault(Object.assign(new Error("write"), { errno: 122 }))!.what, /quota/);
  assert.match(diskFault(new Error("No space left on device (os error 28)"))!.what, /full/);
  assert.equal(diskFault(new Error("something else")), undefined);
  assert.equal(diskFault("no error"), undefined);
});

Deno.test("diskFault() knows what SQLite says", () => {
  const path = Deno.makeTempFileSync();
  try {
    const db = new DatabaseSync(path);
    db.exec("CREATE TABLE t (x); PRAGMA max_page_count = 3;");
    const fill = () => db.exec("INSERT INTO t VALUES (zeroblob(100000))");
    assert.throws(fill, (error) => diskFault(error)?.what === "the disk is full");
    db.close();
    const reader = new DatabaseSync(path, { readOnly: true });
    const write = () => reader.exec("INSERT INTO t VALUES (1)");
    assert.throws(write, (error) => diskFault(error)?.what === "the file system is read-only");
    reader.close();
  } finally {
    Deno.removeSync(path);
  }
});
