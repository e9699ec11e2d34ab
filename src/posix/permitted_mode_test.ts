import assert from "node:assert/strict";
import { closeFile, O_DIRECTORY, O_PATH, O_RDONLY, openFile } from "./file.ts";
import { narrowedMode, permittedMode, pretendGetxattrat } from "./permitted_mode.ts";

const TAGS = { owner: 1, user: 2, group: 4, namedGroup: 8, mask: 16, other: 32 };

/** The permission bits left of a mode, in octal, by a list of `[tag, rights]`. */
function left(mode: number, ...entries: [tag: keyof typeof TAGS, rights: number][]): string {
  const view = new DataView(new ArrayBuffer(4 + 8 * entries.length));
  view.setUint32(0, 2, true);
  for (const [i, [tag, rights]] of entries.entries()) {
    view.setUint16(4 + 8 * i, TAGS[tag], true);
    view.setUint16(6 + 8 * i, rights, true);
    view.setUint32(8 + 8 * i, 1000 + i, true);
  }
  return narrowedMode(mode, view, view.byteLength).toString(8);
}

Deno.test("a group is let in by its own entry, not by the mask", () => {
  assert.equal(
    left(0o640, ["owner", 6], ["user", 4], ["group", 0], ["mask", 4], ["other", 0]),
    "600",
  );
  assert.equal(
    left(0o640, ["owner", 6], ["user", 4], ["group", 6], ["mask", 4], ["other", 0]),
    "640",
  );
  assert.equal(
    left(0o600, ["owner", 6], ["user", 4], ["group", 4], ["mask", 0], ["other", 0]),
    "600",
  );
});

Deno.test("a person named with fewer rights than the others takes these rights from the others", () => {
  const eve = left(0o644, ["owner", 6], ["user", 0], ["group", 4], ["mask", 4], ["other", 4]);
  assert.equal(eve, "600", "eve may be of the owning group");
  const guests = left(0o644, ["owner", 6], ["group", 4], ["namedGroup", 0], ["mask", 4], [
    "other",
    4,
  ]);
  assert.equal(guests, "640", "who is of both groups is granted what either is");
  const masked = left(0o604, ["owner", 6], ["user", 7], ["group", 4], ["mask", 0], ["other", 4]);
  assert.equal(masked, "600");
});

Deno.test("a list that names nobody takes no rights from anybody", () => {
  assert.equal(left(0o644, ["owner", 6], ["group", 4], ["other", 4]), "644");
  assert.equal(left(0o4755, ["owner", 7], ["group", 5], ["mask", 5], ["other", 5]), "4755");
});

Deno.test("a list that can't be parsed leaves the owner's bits", () => {
  assert.equal(narrowedMode(0o644, new DataView(new ArrayBuffer(8)), 8), 0o600);
  assert.equal(narrowedMode(0o644, new DataView(new ArrayBuffer(8)), 0), 0o600);
});

Deno.test("a list is read of what is open, of a place and of an entry, on every kernel", () => {
  const directory = Deno.makeTempDirSync();
  const path = `${directory}/listed`;
  Deno.writeTextFileSync(path, "");
  Deno.writeTextFileSync(`${directory}/plain`, "");
  Deno.symlinkSync("listed", `${directory}/link`);
  const fds = [
    openFile(new TextEncoder().encode(path), O_RDONLY),
    openFile(new TextEncoder().encode(path), O_PATH),
    openFile(new TextEncoder().encode(directory), O_RDONLY | O_DIRECTORY),
  ];
  const [file, place, parent] = fds as [number, number, number];
  const { code } = new Deno.Command("setfacl", { args: ["-m", "u:1234:r,g::-", path] })
    .outputSync();
  assert.equal(code, 0);
  try {
    for (const known of [true, false]) {
      pretendGetxattrat(known);
      assert.equal(permittedMode(0o644, file).toString(8), "604");
      assert.equal(permittedMode(0o644, place).toString(8), "604");
      assert.equal(permittedMode(0o644, parent, "listed").toString(8), "604");
      assert.equal(permittedMode(0o644, parent, "plain").toString(8), "644");
      assert.equal(permittedMode(0o644, parent, "none").toString(8), "600");
      assert.equal(permittedMode(0o777, parent, "link").toString(8), "777");
    }
  } finally {
    pretendGetxattrat(true);
    for (const fd of fds) closeFile(fd);
    Deno.removeSync(directory, { recursive: true });
  }
});
