import assert from "node:assert/strict";
import { FileSystemError } from "../base/mod.ts";
import type { PendingRead } from "./pending_read.ts";
import { readRecipe, type ReadSegment } from "./read_recipe.ts";
import { Recipe } from "./recipe.ts";

/** A read that is at hand when the test says so, of as many bytes as it says. */
class Held implements PendingRead {
  readonly #ready = Promise.withResolvers<void>();
  readonly cancelled: FileSystemError[] = [];
  #give: ((into: Uint8Array) => number) | undefined;

  constructor() {
    this.#ready.promise.catch(() => {});
  }

  give(byte: number, count?: number): void {
    this.#give = (into) => {
      into.fill(byte, 0, count ?? into.length);
      return count ?? into.length;
    };
    this.#ready.resolve();
  }

  ready(): Promise<void> {
    return this.#ready.promise;
  }

  fill(into: Uint8Array<ArrayBuffer>): number | undefined {
    return this.#give?.(into);
  }

  cancel(error: FileSystemError): void {
    this.cancelled.push(error);
    this.#ready.reject(error);
  }
}

/** Two bytes of 1, four of file `a`, two of 2, four of file `b`. */
const RECIPE = new Recipe([
  { kind: "bytes", bytes: new Uint8Array([1, 1]) },
  { kind: "file", file: "a", from: 10, to: 14 },
  { kind: "bytes", bytes: new Uint8Array([2, 2]) },
  { kind: "file", file: "b", from: 0, to: 4 },
]);

/** Reads over all of it, with `a` and `b` as given. */
function readAll(into: Uint8Array<ArrayBuffer>, a: number | PendingRead, b: number | PendingRead) {
  const read: ReadSegment<string> = (segment) =>
    segment.kind === "file" && segment.file === "a" ? a : b;
  return readRecipe(RECIPE, 0, into, read);
}

function isEio(error: unknown): boolean {
  return error instanceof FileSystemError && error.errno === "EIO";
}

Deno.test("a read waits for its segments, and keeps nothing in memory that belongs to others", async () => {
  const [a, b] = [new Held(), new Held()];
  const into = new Uint8Array(20);
  const reading = readAll(into, a, b) as PendingRead;
  into.fill(9);
  b.give(4);
  let isReady = false;
  const ready = reading.ready().then(() => isReady = true);
  await new Promise((resolve) => setTimeout(resolve));
  assert.ok(!isReady, "one of them is still on its way");
  assert.equal(reading.fill(into), undefined);
  a.give(3);
  await ready;
  const later = new Uint8Array(20);
  assert.equal(reading.fill(later), 12);
  assert.deepEqual([...later.subarray(0, 12)], [1, 1, 3, 3, 3, 3, 2, 2, 4, 4, 4, 4]);
  assert.deepEqual([...into], new Array(20).fill(9));
});

Deno.test("a segment that gives less than the recipe says is an error, at once and later", async () => {
  assert.throws(() => readAll(new Uint8Array(20), 4, 3), isEio);
  const both = [new Held(), new Held()] as const;
  const reading = readAll(new Uint8Array(20), ...both) as PendingRead;
  both[0].give(3);
  both[1].give(4, 2);
  await reading.ready();
  assert.throws(() => reading.fill(new Uint8Array(20)), isEio);
  const one = new Held();
  const single = readRecipe(RECIPE, 3, new Uint8Array(3), () => one) as PendingRead;
  one.give(3, 2);
  await single.ready();
  assert.throws(() => single.fill(new Uint8Array(3)), isEio);
});

Deno.test("when one segment fails, nobody waits for the others", async () => {
  const waiting = new Held();
  assert.throws(() => {
    readRecipe(RECIPE, 0, new Uint8Array(20), (segment) => {
      if (segment.kind === "file" && segment.file === "a") return waiting;
      throw new FileSystemError("ESTALE");
    });
  }, { errno: "ESTALE" });
  assert.equal(waiting.cancelled.length, 1);
  const [a, b] = [new Held(), new Held()];
  const reading = readAll(new Uint8Array(20), a, b) as PendingRead;
  a.cancel(new FileSystemError("ESTALE"));
  await assert.rejects(reading.ready(), { errno: "ESTALE" });
  assert.equal(b.cancelled.length, 1);
});
