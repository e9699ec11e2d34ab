import assert from "node:assert/strict";
import { ReadAheadWindow } from "./read_ahead_window.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Reads of `length` one behind the other from `from`; where each wanted to fetch up to. */
function readOn(ahead: ReadAheadWindow, from: number, length: number, times: number): number[] {
  return Array.from({ length: times }, (_, i) => {
    const target = ahead.read(from + i * length, from + (i + 1) * length);
    if (target > 0) ahead.advanced(target);
    return target;
  });
}

Deno.test("ReadAheadWindow doubles its window each time less than half of it is left, up to 8 MiB", () => {
  const ahead = new ReadAheadWindow(1000 * MIB);
  const targets = readOn(ahead, 0, 128 * KIB, 600).filter((target) => target > 0);
  assert.deepEqual(targets.slice(0, 3), [
    256 * KIB + 512 * KIB,
    640 * KIB + MIB,
    1280 * KIB + 2 * MIB,
  ]);
  const steps = targets.slice(1).map((target, i) => target - targets[i]!);
  assert.ok(steps.slice(6).every((step) => step > 4 * MIB && step < 5 * MIB), `${steps}`);
});

Deno.test("ReadAheadWindow grows fast, and further, for a reader who waits", () => {
  const ahead = new ReadAheadWindow(1000 * MIB);
  const targets: number[] = [];
  for (let at = 0; at < 100 * MIB; at += 256 * KIB) {
    ahead.waits();
    const target = ahead.read(at, at + 256 * KIB);
    if (target === 0) continue;
    ahead.advanced(target);
    targets.push((target - at) / KIB - 256);
  }
  assert.deepEqual(targets.slice(0, 4), [512, 4_096, 32_768, 32_768]);
});

Deno.test("ReadAheadWindow takes reads that come out of order for what they are", () => {
  const ahead = new ReadAheadWindow(100 * MIB);
  const reads = [0, 2, 1, 4, 3, 5].map((i) => ahead.read(i * 512 * KIB, (i + 1) * 512 * KIB));
  assert.ok(reads[1]! > 0);
  assert.equal(ahead.inSequence, 6 * 512 * KIB);
});

Deno.test("ReadAheadWindow leaves readers of head and tail alone, and those who jump about", () => {
  const size = 30 * MIB;
  const scanner = new ReadAheadWindow(size);
  const head = readOn(scanner, 0, 16 * KIB, 12);
  const tail = readOn(scanner, size - 128 * KIB, 16 * KIB, 8);
  const again = readOn(scanner, 0, 64 * KIB, 2);
  assert.ok([...head, ...tail, ...again].every((target) => target === 0));

  const jumper = new ReadAheadWindow(size);
  for (let i = 0; i < 200; i++) {
    const at = (i * 7 * MIB) % size;
    assert.equal(jumper.read(at, at + 128 * KIB), 0);
  }
});

Deno.test("ReadAheadWindow begins anew behind a seek, and ends at the end of the file", () => {
  const ahead = new ReadAheadWindow(20 * MIB);
  readOn(ahead, 0, 512 * KIB, 8);
  const targets = readOn(ahead, 15 * MIB, 128 * KIB, 40).filter((target) => target > 0);
  assert.equal(targets[0], 15 * MIB + 256 * KIB + 512 * KIB);
  assert.equal(targets.at(-1), 20 * MIB);
  assert.equal(targets.filter((target) => target === 20 * MIB).length, 1);
});
