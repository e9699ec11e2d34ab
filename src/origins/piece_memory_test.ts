import assert from "node:assert/strict";
import { giveBack, lend, pieceMemory } from "./piece_memory.ts";

for (const length of [100, 65_536, 65_537, 300_000]) {
  Deno.test(`memory of ${length} bytes that was given back is used again, once`, () => {
    const memory = pieceMemory(length);
    assert.equal(memory.length, length);
    const piece = lend(memory.subarray(10, 90));
    giveBack(piece);
    giveBack(piece);
    assert.equal(pieceMemory(length).buffer, piece.buffer);
    assert.notEqual(pieceMemory(length).buffer, piece.buffer);
  });
}

Deno.test("memory that somebody may still look at is not reused", () => {
  const whole = lend(pieceMemory(1000));
  giveBack(whole.subarray(0, 100));
  giveBack(new Uint8Array(whole.length));
  const moved = lend(pieceMemory(1000));
  structuredClone(moved, { transfer: [moved.buffer] });
  giveBack(moved);
  const next = Array.from({ length: 100 }, () => pieceMemory(1000));
  assert.ok(next.every(({ buffer }) => buffer !== whole.buffer && !buffer.detached));
});

Deno.test("a bounded number of pieces is kept, and none that is larger than pieces are", () => {
  const many = Array.from({ length: 200 }, () => lend(pieceMemory(1000)));
  const large = lend(pieceMemory(1_000_000));
  for (const piece of [...many, large]) giveBack(piece);
  const known = new Set(many.map(({ buffer }) => buffer));
  const again = Array.from({ length: 200 }, () => pieceMemory(1000));
  assert.equal(again.filter(({ buffer }) => known.has(buffer)).length, 64);
  assert.notEqual(pieceMemory(1_000_000).buffer, large.buffer);
});
