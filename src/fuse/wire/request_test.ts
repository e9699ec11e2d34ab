import assert from "node:assert/strict";
import { OP } from "./abi.ts";
import { Request } from "./request.ts";

Deno.test("the header's fields are read as the kernel writes them", () => {
  const request = new Request();
  const view = new DataView(request.bytes.buffer);
  view.setUint32(0, 48, true);
  view.setUint32(4, OP.LOOKUP, true);
  view.setBigUint64(8, 0xffffffff_00000002n, true);
  view.setBigUint64(16, BigInt(Number.MAX_SAFE_INTEGER), true);
  view.setBigUint64(40, 2n ** 40n + 5n, true);
  assert.equal(request.length, 48);
  assert.equal(request.opcode, OP.LOOKUP);
  assert.equal(request.uniqueLow, 2);
  assert.equal(request.uniqueHigh, 0xffffffff);
  assert.equal(request.node, Number.MAX_SAFE_INTEGER);
  assert.equal(request.u64(40), 2 ** 40 + 5);
  assert.equal(request.u32(40), 5);
});

Deno.test("a name ends at its NUL or with the message, and is undefined when it is not UTF-8", () => {
  const request = new Request();
  const put = (bytes: number[], length: number) => {
    request.bytes.fill(0x61, 40, 400);
    request.bytes.set(bytes, 40);
    new DataView(request.bytes.buffer).setUint32(0, 40 + length, true);
    const found = request.nameLength(40);
    return { length: found, name: request.name(40, found) };
  };
  assert.deepEqual(put([0x62, 0xc3, 0xa9, 0], 4), { length: 3, name: "bé" });
  assert.deepEqual(put([0x62, 0x63], 2), { length: 2, name: "bc" });
  assert.deepEqual(put([0x62, 0xff, 0], 3), { length: 2, name: undefined });
  assert.deepEqual(put([0xef, 0xbb, 0xbf, 0], 4), { length: 3, name: "\ufeff" });
});
