import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { ROOT_ID, toNodeId } from "../../src/base/mod.ts";
import { Query } from "../core/query.ts";
import { DIRECTORY, TRACK } from "../tree/node_kinds.ts";
import { NODE_COLUMNS, nodeOfRow } from "./_node_row.ts";

const COLUMNS = ["id", "kind", "size", "mtime_s", "mtime_ns", "version", "mode", "uid", "gid"];

Deno.test("nodeOfRow returns the values of the row, whatever they are", () => {
  using db = new DatabaseSync(":memory:");
  db.exec(`CREATE TABLE nodes (${COLUMNS.join(", ")})`);
  const insert = db.prepare(`INSERT INTO nodes VALUES (${COLUMNS.map(() => "?").join(", ")})`);
  const query = new Query(db, `SELECT ${NODE_COLUMNS} FROM nodes WHERE id = ?`);
  const greatest = 2 ** 32 - 1;
  const owners = [null, 0, 1000, 2 ** 21 - 1, 2 ** 21, greatest].flatMap((uid) =>
    [null, 0, 1000, greatest].map((gid) => [uid, gid] as const)
  );
  const times = [[0, 0], [-62135596800, 1], [1796007214, 999_999_999], [2 ** 52, 0]] as const;
  let id = 1024;
  for (const [uid, gid] of owners) {
    for (const [mtime_s, mtime_ns] of times) {
      for (const mode of [null, 0, 0o444, 0o777, 0o7777]) {
        for (const kind of [DIRECTORY, TRACK]) {
          insert.run(++id, kind, 2 ** 53 - 1, mtime_s, mtime_ns, id + 7, mode, uid, gid);
          const node = nodeOfRow(query.get(id)!, toNodeId(id), ROOT_ID);
          assert.deepEqual(node, {
            ...{ id, kind: kind === TRACK ? "track" : "directory", parent: 1, size: 2 ** 53 - 1 },
            ...{ mtime_s, mtime_ns, version: id + 7, mode, uid, gid },
          });
        }
      }
    }
  }
});
