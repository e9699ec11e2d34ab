import assert from "node:assert/strict";
import { FileMessages } from "./file_messages.ts";

/** Messages that are written when the test says so, each named by its one byte. */
function setUp() {
  const begun: number[] = [];
  const told: number[] = [];
  const writing = new Map<number, () => void>();
  const messages = new FileMessages(([message]) => {
    begun.push(message!);
    return new Promise((resolve) => writing.set(message!, resolve));
  });
  return {
    ...{ begun, told, messages },
    add: (file: number, message: number) =>
      messages.add(file, Uint8Array.of(message), () => told.push(message)),
    written: async (message: number) => {
      writing.get(message)!();
      await new Promise((resolve) => setTimeout(resolve));
    },
  };
}

Deno.test("messages about one file go in order, others don't wait for them", async () => {
  const { add, begun, told, written, messages } = setUp();
  add(7, 1);
  add(7, 2);
  add(8, 3);
  assert.deepEqual(begun, [1, 3]);
  await written(3);
  assert.deepEqual(told, [3]);
  await written(1);
  assert.deepEqual(begun, [1, 3, 2]);
  await written(2);
  assert.deepEqual(told, [3, 1, 2]);
  assert.equal(messages.busy, false);
});

Deno.test("not more than eight files are written about at the same time", async () => {
  const { add, begun, told, written } = setUp();
  for (let file = 1; file <= 20; file++) add(file, file);
  assert.equal(begun.length, 8);
  await written(5);
  assert.deepEqual(begun.slice(8), [9]);
  for (let file = 1; file <= 20; file++) if (file !== 5) await written(file);
  assert.equal(told.length, 20);
});
