import assert from "node:assert/strict";
import { Settling } from "./settling.ts";

Deno.test("a directory is due once it is quiet", () => {
  const settling = new Settling();
  settling.changed("a", true, 0);
  settling.changed("a", true, 150);
  assert.equal(settling.nextDue(), 350);
  assert.deepEqual(settling.take(349), []);
  assert.deepEqual(settling.take(350), ["a"]);
  assert.equal(settling.isEmpty, true);
});

Deno.test("a directory that is never quiet is due a second after its first change", () => {
  const settling = new Settling();
  for (let at = 0; at < 950; at += 50) settling.changed("a", true, at);
  assert.equal(settling.nextDue(), 1_000);
});

Deno.test("a change that isn't complete waits for one that is, or for the latest moment", () => {
  const settling = new Settling();
  settling.changed("a", false, 0);
  assert.equal(settling.nextDue(), 1_000);
  settling.changed("a", true, 300);
  assert.equal(settling.nextDue(), 500);
});

Deno.test("directories are due one by one", () => {
  const settling = new Settling();
  settling.changed("a", true, 0);
  settling.changed("b", true, 100);
  assert.deepEqual(settling.take(200), ["a"]);
  assert.equal(settling.nextDue(), 300);
});
