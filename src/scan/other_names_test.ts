import assert from "node:assert/strict";
import type { OriginFile } from "../origins/mod.ts";
import { OtherNames } from "./other_names.ts";

function file(path: string, more: { linkTo?: string; identity?: string } = {}): OriginFile {
  return { kind: "file", path, size: 1, mtime_s: 1, mtime_ns: 0, ...more };
}

function paths(files: readonly OriginFile[]): string[] {
  return files.map(({ path }) => path);
}

Deno.test("OtherNames takes the first of hard links when nothing is known", () => {
  const names = new OtherNames(() => true);
  const files = [file("a", { identity: "1" }), file("b"), file("c", { identity: "1" })];
  assert.deepEqual(paths(names.withoutThem(files, undefined)), ["a", "b"]);
  assert.deepEqual([names.has("c"), names.hardLinks, names.takeWaiting()], [true, 1, []]);
});

Deno.test("OtherNames takes a known hard link, wherever it is met", () => {
  const names = new OtherNames(() => true);
  const isKnown = (path: string) => path === "b";
  const listed = (path: string) => names.withoutThem([file(path, { identity: "1" })], isKnown);
  assert.deepEqual(["a", "b", "c"].flatMap((path) => paths(listed(path))), ["b"]);
  assert.deepEqual([names.takeWaiting(), names.hardLinks], [[], 2]);
});

Deno.test("OtherNames takes the first of hard links of which none is known", () => {
  const names = new OtherNames(() => true);
  const files = [file("a", { identity: "1" }), file("c", { identity: "1" })];
  assert.deepEqual(names.withoutThem(files, () => false), []);
  assert.deepEqual(paths(names.takeWaiting()), ["a"]);
  assert.ok(names.has("c"));
});

Deno.test("OtherNames keeps a link whose target is not listed", () => {
  const names = new OtherNames((path) => path !== "blob");
  const files = [file("a", { linkTo: "b" }), file("c", { linkTo: "blob" })];
  assert.deepEqual(paths(names.withoutThem(files, undefined)), ["c"]);
  assert.deepEqual([names.has("a"), names.hardLinks], [true, 0]);
});
