import assert from "node:assert/strict";
import type { Entry, Node } from "../../../projections/tree/tree_types.ts";
import { ROOT_ID, type ShownOwnership, toCookie, toNodeId, toNodeVersion } from "../../base/mod.ts";
import { Reply } from "./reply.ts";

const DEFAULTS = {
  uid: 1000,
  gid: 100,
  shown: {},
  entrySeconds: 86_400,
  negativeSeconds: 60,
  attributeSeconds: 3_600,
};

const FILE: Node = {
  id: toNodeId(2 ** 52 + 7),
  kind: "track",
  parent: ROOT_ID,
  size: 5 * 2 ** 32 + 513,
  mtime_s: -2,
  mtime_ns: 999_999_999,
  version: toNodeVersion(3),
};

const ENTRY: Entry = { cookie: toCookie(4711), name: "Ænima.flac", node: FILE, ttl: Infinity };

function reply(payload = 4096, shown: ShownOwnership = {}): { reply: Reply; view: DataView } {
  const reply = new Reply(payload, { ...DEFAULTS, shown });
  // The content of an earlier answer must never show.
  reply.bytes.fill(0xaa);
  reply.to(0x11223344, 0x55667788);
  return { reply, view: new DataView(reply.bytes.buffer) };
}

Deno.test("without `keep` the attributes of an entry have no validity, but its name has", () => {
  const { reply: r } = reply();
  for (const keep of [true, false]) {
    r.entry(FILE, Infinity, keep);
    const entry = new DataView(r.bytes.buffer);
    assert.ok(entry.getBigUint64(16 + 16, true) > 0n);
    assert.equal(entry.getBigUint64(16 + 24, true) > 0n, keep);
    r.attributes(FILE, keep);
    assert.equal(new DataView(r.bytes.buffer).getBigUint64(16, true) > 0n, keep);
    r.directoryEntry(0, 1000, ENTRY, true, keep);
    assert.equal(new DataView(r.bytes.buffer).getBigUint64(16 + 24, true) > 0n, keep);
  }
});

Deno.test("an error is a header of 16 bytes with the negative errno", () => {
  const { reply: r, view } = reply();
  assert.equal(r.error(30), 16);
  assert.equal(view.getUint32(0, true), 16);
  assert.equal(view.getInt32(4, true), -30);
  assert.equal(view.getBigUint64(8, true), 0x5566778811223344n);
});

Deno.test("an entry has every field of fuse_entry_out and fuse_attr in its place", () => {
  const { reply: r, view } = reply();
  assert.equal(r.entry(FILE, Infinity, true), 144);
  assert.equal(view.getUint32(0, true), 144);
  assert.equal(view.getInt32(4, true), 0);
  const u64 = (offset: number) => view.getBigUint64(16 + offset, true);
  const u32 = (offset: number) => view.getUint32(16 + offset, true);
  assert.equal(u64(0), BigInt(FILE.id));
  assert.equal(u64(8), 0n);
  assert.equal(u64(16), 86_400n);
  assert.equal(u64(24), 3_600n);
  assert.equal(u64(32), 0n);
  assert.equal(u64(40), BigInt(FILE.id));
  assert.equal(u64(48), BigInt(FILE.size));
  assert.equal(u64(56), BigInt(Math.ceil(FILE.size / 512)));
  for (const time of [64, 72, 80]) assert.equal(BigInt.asIntN(64, u64(time)), -2n);
  for (const time of [88, 92, 96]) assert.equal(u32(time), 999_999_999);
  assert.equal(u32(100), 0o100444);
  assert.equal(u32(104), 1);
  assert.equal(u32(108), 1000);
  assert.equal(u32(112), 100);
  assert.equal(u32(116), 0);
  assert.equal(u32(120), 4096);
  assert.equal(u32(124), 0);
});

Deno.test("a short time to live bounds the validity of a name and of its attributes", () => {
  const { reply: r, view } = reply();
  r.entry(FILE, 7, true);
  assert.equal(view.getBigUint64(16 + 16, true), 7n);
  assert.equal(view.getBigUint64(16 + 24, true), 7n);
  r.directoryEntry(0, 1000, { ...ENTRY, ttl: 0 }, true, true);
  assert.equal(view.getBigUint64(16 + 16, true), 0n);
  assert.equal(view.getBigUint64(16 + 24, true), 0n);
});

Deno.test("attributes follow their time to live", () => {
  const { reply: r, view } = reply();
  assert.equal(r.attributes({ ...FILE, kind: "directory", size: 0 }, true), 120);
  assert.equal(view.getBigUint64(16, true), 3_600n);
  assert.equal(view.getBigUint64(32, true), BigInt(FILE.id));
  assert.equal(view.getUint32(32 + 60, true), 0o040555);
  assert.equal(view.getUint32(32 + 64, true), 1);
});

Deno.test("a name that does not exist is answered with node 0, which the kernel may keep", () => {
  const { reply: r, view } = reply();
  assert.equal(r.noEntry(1), 144);
  assert.equal(view.getBigUint64(32, true), 1n);
  assert.equal(r.noEntry(Infinity), 144);
  assert.equal(view.getBigUint64(16, true), 0n);
  assert.equal(view.getBigUint64(32, true), 60n);
  assert.ok(r.bytes.subarray(40, 144).every((byte) => byte === 0));
});

Deno.test("directory records are padded to 8 bytes and never pass the limit", () => {
  for (const plus of [false, true]) {
    const header = plus ? 152 : 24;
    const { reply: r, view } = reply();
    const nameBytes = new TextEncoder().encode(ENTRY.name).length;
    const length = (header + nameBytes + 7) & ~7;
    assert.equal(r.directoryEntry(0, length - 1, ENTRY, plus, true), undefined);
    assert.equal(r.directoryEntry(0, length, ENTRY, plus, true), length);
    const dirent = 16 + header - 24;
    assert.equal(view.getBigUint64(dirent, true), BigInt(FILE.id));
    assert.equal(view.getBigUint64(dirent + 8, true), 4711n, "the cookie, which is no number");
    assert.equal(view.getUint32(dirent + 16, true), nameBytes);
    assert.equal(view.getUint32(dirent + 20, true), 8);
    const name = r.bytes.subarray(dirent + 24, dirent + 24 + nameBytes);
    assert.equal(new TextDecoder().decode(name), ENTRY.name);
    const padding = r.bytes.subarray(dirent + 24 + nameBytes, 16 + length);
    assert.ok(padding.every((byte) => byte === 0));
    assert.equal(r.bytes[16 + length], 0xaa);
  }
});

Deno.test("names of every length and script are cut nowhere", () => {
  const names = ["a", "日本語".repeat(20), `${"x".repeat(250)}é`, "𝄞".repeat(63), "e\u0301"];
  for (const name of names) {
    const bytes = new TextEncoder().encode(name).length;
    for (let limit = 0; limit <= 24 + bytes + 16; limit++) {
      const { reply: r } = reply();
      const end = r.directoryEntry(0, limit, { ...ENTRY, name }, false, true);
      const needed = (24 + bytes + 7) & ~7;
      assert.equal(end, limit >= needed ? needed : undefined, `${name} in ${limit}`);
    }
  }
});

Deno.test("`.` and `..` have no entry before their records", () => {
  const { reply: r, view } = reply();
  const end = r.dotEntry(0, 4096, "..", toNodeId(77), toCookie(2), true);
  assert.equal(end, 152 + 8);
  assert.ok(r.bytes.subarray(16, 16 + 128).every((byte) => byte === 0));
  assert.equal(view.getBigUint64(16 + 128, true), 77n);
  assert.equal(view.getBigUint64(16 + 136, true), 2n);
});

Deno.test("a file has its original's owner and mode, without the bits to write or to run as another", () => {
  const shownOf = (node: Partial<Node>, shown: ShownOwnership = {}) => {
    const { reply: r, view } = reply(4096, shown);
    r.attributes({ ...FILE, ...node }, true);
    return [92, 100, 104].map((at) => view.getUint32(at, true));
  };
  assert.deepEqual(shownOf({}), [0o100444, 1000, 100], "nothing is known of it");
  assert.deepEqual(shownOf({ mode: null, uid: null, gid: null }), [0o100444, 1000, 100]);
  assert.deepEqual(shownOf({ mode: 0o640, uid: 7, gid: 8 }), [0o100440, 7, 8]);
  assert.deepEqual(shownOf({ mode: 0o6755, uid: 0, gid: 0 }), [0o100555, 0, 0]);
  assert.deepEqual(shownOf({ mode: 0, uid: 0 }), [0o100000, 0, 100]);
  const all = { uid: 5, gid: 6, fileMode: 0o660, directoryMode: 0o750 };
  assert.deepEqual(shownOf({ mode: 0o600, uid: 7, gid: 8 }, all), [0o100440, 5, 6]);
  assert.deepEqual(shownOf({ kind: "directory" }, all), [0o040550, 5, 6]);
  assert.deepEqual(shownOf({ kind: "directory" }), [0o040555, 1000, 100]);
});
