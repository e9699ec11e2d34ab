import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { LISTING_START } from "../../src/base/mod.ts";
import { flac, observed, template } from "../../tests/support/music_events.ts";
import { given } from "../../tests/support/projection_spec.ts";
import { currentFile } from "../core/database.ts";
import { LIBRARY_FILE } from "../library_file.ts";
import { LibraryReader, ROOT_ID } from "../mod.ts";

const flat = template("$title.$format");
const first = observed(1, flac(1024, "a.flac", { title: "A" }));

Deno.test("library_reader: all queries before the event loop turns see one moment", async () => {
  await given([flat, first], async ({ directory }) => {
    const reader = LibraryReader.open(directory)!;
    const name = () => reader.children(ROOT_ID, LISTING_START, 1)[0]!.name;
    const writer = new DatabaseSync(`${directory}/${currentFile(directory, LIBRARY_FILE)}`);
    const rename = (name: string) =>
      writer.prepare("UPDATE nodes SET name = ? WHERE id = 1024").run(name);
    assert.equal(name(), "A.flac");
    rename("B.flac");
    assert.equal(name(), "A.flac");
    assert.equal(reader.lookup(ROOT_ID, "B.flac"), undefined);
    await Promise.resolve();
    assert.equal(name(), "B.flac");
    await Promise.resolve();
    rename("C.flac");
    assert.equal(reader.lookup(ROOT_ID, "C.flac")!.node.id, 1024);
    writer.close();
    reader.close();
  });
});

Deno.test("library_reader: the newest change is of the moment", async () => {
  await given([flat, first], async ({ directory }) => {
    const reader = LibraryReader.open(directory)!;
    const writer = new DatabaseSync(`${directory}/${currentFile(directory, LIBRARY_FILE)}`);
    const change = () => writer.exec("UPDATE tree_feed SET last = last + 1");
    change();
    const before = reader.lastChange();
    await Promise.resolve();
    assert.equal(reader.lastChange(), before);
    await Promise.resolve();
    change();
    assert.equal(reader.lastChange(), before + 1);
    await Promise.resolve();
    reader.node(ROOT_ID);
    change();
    assert.equal(reader.lastChange(), before + 1);
    await Promise.resolve();
    assert.equal(reader.lastChange(), before + 2);
    await Promise.resolve();
    change();
    assert.equal(reader.lastChange(), before + 3);
    writer.close();
    reader.close();
  });
});

Deno.test("library_reader: another file is read at once, and closing the former one raises no error", async () => {
  await given([flat, first], async ({ directory, projector, when }) => {
    const reader = LibraryReader.open(directory)!;
    const name = () => reader.children(ROOT_ID, LISTING_START, 1)[0]!.name;
    await projector().rebuild();
    assert.equal(name(), "A.flac");
    assert.equal(reader.reopen(), true);
    assert.equal(name(), "A.flac");
    await when(observed(2, flac(1024, "a.flac", { title: "B" })));
    assert.equal(name(), "B.flac");
    reader.close();
    await Promise.resolve();
    assert.throws(() => reader.totals());
  });
});

Deno.test("library_reader: with too many open files the library does not count as gone", async () => {
  await given([flat, first], async ({ directory }) => {
    const script = `
      import { LibraryReader } from ${JSON.stringify(import.meta.resolve("../mod.ts"))};
      const reader = LibraryReader.open(${JSON.stringify(directory)});
      const open = [];
      try {
        for (;;) open.push(Deno.openSync("/dev/null"));
      } catch (error) {
        console.log(error.code, reader.isThere());
      }
      Deno.exit(0);`;
    const limited = `ulimit -n 64; exec "$0" eval --quiet "$1"`;
    const { stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", limited, Deno.execPath(), script],
    }).output();
    const text = new TextDecoder();
    assert.equal(text.decode(stdout), "EMFILE true\n", text.decode(stderr));
  });
});
