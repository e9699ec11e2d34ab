import assert from "node:assert/strict";
import { giveBack, lend, pieceMemory } from "./piece_memory.ts";

Deno.test("memory that was given back is used again, once", () => {
  const piece = lend(pieceMemory().subarray(0, 100));
  giveBack(piece);
  giveBack(piece);
  assert.equal(pieceMemory().buffer, piece.buffer);
  assert.notEqual(pieceMemory().buffer, piece.buffer);
});

Deno.test("memory that somebody may still look at is not used again", () => {
  const whole = lend(pieceMemory());
  giveBack(whole.subarray(0, 100));
  giveBack(new Uint8Array(whole.length));
  const moved = lend(pieceMemory());
  structuredClone(moved, { transfer: [moved.buffer] });
  giveBack(moved);
  const next = Array.from({ length: 100 }, () => pieceMemory());
  assert.ok(next.every(({ buffer }) => buffer !== whole.buffer && !buffer.detached));
});
