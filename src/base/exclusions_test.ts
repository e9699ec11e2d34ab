import assert from "node:assert/strict";
import { Exclusions, fitsEverything, isGlob } from "./exclusions.ts";

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

Deno.test("isGlob() refuses a text that would leave out everything by accident", () => {
  assert.deepEqual(["", "/", "///", "x".repeat(2_000)].map(isGlob), [false, false, false, false]);
  assert.ok(isGlob("*.part"));
});

Deno.test("Exclusions match as a plain matcher of globs does, over random globs and paths", () => {
  const pick = (from: string, seed: number) => from[seed % from.length]!;
  let state = 1;
  const random = () => state = (state * 48_271) % 2_147_483_647;
  const word = (from: string) =>
    Array.from({ length: 1 + random() % 9 }, () => pick(from, random() >> 4)).join("");
  for (let i = 0; i < 20_000; i++) {
    const glob = `/a${word("ab**?/")}`.replace(/\/+$/, "");
    const path = `a${word("aab/\n")}`;
    const expected = [...path].some((_, at) =>
      (path[at + 1] === "/" || at + 1 === path.length) &&
      isMatch(glob.slice(1), path.slice(0, at + 1))
    );
    assert.equal(new Exclusions([`${glob}`]).has(path), expected, JSON.stringify([glob, path]));
  }
});

Deno.test("Exclusions take time with the length of a name, and not with the number of wildcards", () => {
  const exclusions = new Exclusions([
    `${"*a".repeat(100)}*b`,
    `/${"**/*a*a".repeat(20)}/**/b`,
    `/${"**a".repeat(100)}**b`,
  ]);
  const name = "a".repeat(255);
  // A matcher that tries every length for every wildcard would not end.
  assert.ok(!exclusions.has(`${name}/${name}/${name}/${name}`));
  assert.ok(exclusions.has(`x/${name}b`));
});

/** A plain matcher that tries every length for every wildcard. */
function isMatch(glob: string, path: string, before: string = "/"): boolean {
  if (glob === "") return path === "";
  const ways = (taken: number, mayTake: (taken: string) => boolean) => {
    for (let end = 0; end <= path.length; end++) {
      const isLeft = mayTake(path.slice(0, end)) &&
        isMatch(glob.slice(taken), path.slice(end), glob[taken - 1]);
      if (isLeft) return true;
    }
    return false;
  };
  if (before === "/" && glob.startsWith("**/")) {
    return ways(3, (taken) => taken === "" || taken.endsWith("/"));
  }
  if (glob.startsWith("**")) return ways(2, () => true);
  if (glob[0] === "*") return ways(1, (taken) => !taken.includes("/"));
  if (path === "" || (glob[0] === "?" ? path[0] === "/" : glob[0] !== path[0])) return false;
  return isMatch(glob.slice(1), path.slice(1), glob[0]);
}

Deno.test("a glob that fits all music is told from one that fits some", () => {
  for (const glob of ["*", "**", "/*", "/**", "**/*", "*/", "?*", "*?", "***", "*.*", "/**/*.*"]) {
    assert.ok(fitsEverything(glob), glob);
  }
  for (const glob of ["*.mp3", "*/*", "a*", "*a*", "/Incoming", "**/*.flac", "?.*", ".*", "*.m*"]) {
    assert.ok(!fitsEverything(glob), glob);
  }
});
