import assert from "node:assert/strict";
import { Exclusions, isGlob } from "./exclusions.ts";

Deno.test("Exclusions always leave out what is no music", () => {
  const exclusions = new Exclusions();
  for (
    const path of [
      "._song.flac",
      "a/._song.flac",
      "a/#recycle/song.flac",
      "#recycle",
      ".Trash-1000/files/song.flac",
      "$Recycle.Bin/S-1/song.flac",
      "a/@eaDir/song.flac/x.mp3",
      ".stversions/a.flac",
      ".zfs/snapshot/x/a.flac",
      "System Volume Information",
    ]
  ) assert.ok(exclusions.has(path), path);
  for (
    const path of [
      "",
      "song.flac",
      "a/_song.flac",
      "recycle/song.flac",
      "Trash/song.flac",
      ".hidden/song.flac",
      "a/x#recycle/song.flac",
      "Snapshots/a.flac",
      "lost and found/a.flac",
    ]
  ) assert.ok(!exclusions.has(path), path);
});

Deno.test("Exclusions are names at any depth, or paths from the root", () => {
  const exclusions = new Exclusions([
    "*.part",
    "/Incoming/",
    "a/*/c",
    "b/**/x?.mp3",
    "[live] (x+y)",
    "Ö*",
  ]);
  for (
    const path of [
      "x/y.part",
      "y.PART/z.flac",
      "Incoming",
      "incoming/x.flac",
      "a/b/c/d.flac",
      "b/x1.mp3",
      "b/c/d/x1.mp3",
      "z/[live] (x+y)/1.flac",
      "q/öl/1.flac",
    ]
  ) assert.ok(exclusions.has(path), path);
  for (
    const path of [
      "y.partly",
      "x/Incoming/y.flac",
      "Incoming2/y.flac",
      "a/b/d/c",
      "b/x12.mp3",
      "l/1.flac",
    ]
  ) assert.ok(!exclusions.has(path), path);
});

Deno.test("isGlob() refuses what would leave out everything by accident", () => {
  assert.deepEqual(["", "/", "///", "x".repeat(2_000)].map(isGlob), [false, false, false, false]);
  assert.ok(isGlob("*.part"));
});
