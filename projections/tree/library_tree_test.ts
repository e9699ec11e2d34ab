import assert from "node:assert/strict";
import { flac, gone, observed, template } from "../../tests/support/music_events.ts";
import { appendEach, filePaths, given, treeOf } from "../../tests/support/projection_spec.ts";
import { FIRST_DIRECTORY_ID, LISTING_START } from "../../src/base/mod.ts";
import { LibraryReader, ROOT_ID } from "../mod.ts";

const song = { artist: "Ada", album: "One", title: "Song", year: 2001, track: { no: 1, of: 1 } };
const flat = template("$title.$format");

Deno.test("library_tree: the default template places a tagged file", async () => {
  await given([observed(1, flac(1024, "x.flac", song))], async ({ directory, when }) => {
    assert.deepEqual(filePaths(directory), ["Ada/One (2001) [FLAC]/01 - Song.flac"]);
    await when(observed(2, flac(1024, "x.flac", { ...song, title: "Other" })));
    assert.deepEqual(filePaths(directory), ["Ada/One (2001) [FLAC]/01 - Other.flac"]);
    await when(gone(3, 1024));
    assert.deepEqual(filePaths(directory), []);
  });
});

Deno.test("library_tree: a directory is never older than its contents, and their changes move it", async () => {
  const older = flac(1025, "y.flac", { ...song, title: "Older" }, { mtime_s: 900 });
  await given([observed(1, flac(1024, "x.flac", song), older)], async ({ directory, when }) => {
    assert.ok(treeOf(directory).includes("Ada/One (2001) [FLAC]/  1000.0"));
    assert.ok(
      treeOf(directory).includes("Ada//  1000.0") || treeOf(directory).includes("Ada/  1000.0"),
    );
    await when(gone(2, 1025));
    assert.ok(treeOf(directory).includes("Ada/One (2001) [FLAC]/  1700000003.0"));
    assert.ok(treeOf(directory).includes("/  1700000003.0"));
  });
});

Deno.test("library_tree: files that want one name are numbered in the order they were found", async () => {
  const [a, b, c] = [1024, 1025, 1026].map((file) => flac(file, `${file}.flac`, { title: "Song" }));
  await given([flat, observed(1, c!), observed(1, a!, b!)], async ({ directory, when }) => {
    const names = () => treeOf(directory).slice(1).map((line) => line.split(" 100 ")[0]);
    assert.deepEqual(names(), ["Song (2).flac 1025", "Song (3).flac 1026", "Song.flac 1024"]);
    await when(gone(2, 1024));
    assert.deepEqual(names(), ["Song (2).flac 1026", "Song.flac 1025"]);
    await when(observed(3, flac(1027, "d.flac", { title: "Song (2)" })));
    assert.deepEqual(names(), ["Song (2) (2).flac 1027", "Song (2).flac 1026", "Song.flac 1025"]);
  });
});

Deno.test("library_tree: a file gives way to a directory of its name, and gets the name back", async () => {
  const file = flac(1024, "a.flac", { title: "X" });
  const inside = flac(1025, "b.flac", { artist: "X.flac", title: "Y" });
  await given(
    [template("{$artist/}$title.$format"), observed(1, file)],
    async ({ directory, when }) => {
      assert.deepEqual(filePaths(directory), ["X.flac"]);
      await when(observed(2, inside));
      assert.deepEqual(filePaths(directory), ["X (2).flac", "X.flac/Y.flac"]);
      await when(gone(3, 1025));
      assert.deepEqual(filePaths(directory), ["X.flac"]);
    },
  );
});

Deno.test("library_tree: numbers of directories depend on their paths alone", async () => {
  let id = 0;
  await given([observed(1, flac(1024, "x.flac", song))], async ({ directory, projector, when }) => {
    const reader = LibraryReader.open(directory)!;
    id = reader.lookup(ROOT_ID, "Ada")!.node.id;
    assert.ok(id >= FIRST_DIRECTORY_ID && Number.isSafeInteger(id));
    await when(gone(2, 1024));
    await when(observed(3, flac(1030, "z.flac", song)));
    assert.equal(reader.lookup(ROOT_ID, "Ada")!.node.id, id);
    await projector().rebuild();
    assert.equal(reader.reopen(), true);
    assert.equal(reader.reopen(), false);
    assert.equal(reader.lookup(ROOT_ID, "Ada")!.node.id, id);
    reader.close();
  });
});

Deno.test("library_tree: a thousand files of one name are numbered without gaps, and found by pages", async () => {
  const files = Array.from({ length: 1000 }, (_, i) => flac(1024 + i, `${i}.flac`, { title: "S" }));
  await given([flat, observed(1, ...files)], async ({ directory, when }) => {
    await when(gone(2, ...files.slice(0, 500).map(({ file }) => file)));
    const reader = LibraryReader.open(directory)!;
    assert.equal(reader.lookup(ROOT_ID, "S.flac")!.node.id, 1524);
    assert.equal(reader.lookup(ROOT_ID, "S (500).flac")!.node.id, 2023);
    assert.equal(reader.lookup(ROOT_ID, "S (501).flac"), undefined);
    const seen: number[] = [];
    for (let after = LISTING_START;;) {
      const page = reader.children(ROOT_ID, after, 7);
      if (page.length === 0) break;
      seen.push(...page.map(({ node }) => node.id));
      after = page.at(-1)!.cookie;
    }
    assert.deepEqual(seen, files.slice(500).map(({ file }) => file));
    reader.close();
  });
});

Deno.test("library_tree: the feed names everything that the kernel must forget", async () => {
  await given([flat, observed(1, flac(1024, "x.flac", song))], async ({ directory, when }) => {
    const reader = LibraryReader.open(directory)!;
    let from = reader.lastChange();
    const changes = () => {
      const found = reader.changesSince(from, 100)!;
      from = reader.lastChange();
      return found.map(({ kind, name, node }) => `${kind} ${name} ${node}`);
    };
    assert.deepEqual(changes(), []);
    await when(observed(2, flac(1025, "y.flac", { title: "New" })));
    assert.deepEqual(changes(), ["added New.flac 1025", "attributes  1"]);
    await when(observed(2, flac(1025, "y.flac", { title: "New" }, { size: 7 })));
    assert.deepEqual(changes(), ["content New.flac 1025"]);
    await when(observed(3, flac(1025, "y.flac", { title: "Newer" }, { size: 7 })));
    assert.deepEqual(changes(), [
      "removed New.flac 1025",
      "added Newer.flac 1025",
      "content Newer.flac 1025",
      "attributes  1",
    ]);
    await when(gone(4, 1025));
    changes();
    await when(observed(5, flac(1025, "y.flac", { title: "Back" }, { size: 8 })));
    assert.deepEqual(changes(), [
      "added Back.flac 1025",
      "content Back.flac 1025",
      "attributes  1",
    ]);
    await when(template("$artist/$title.$format"));
    assert.equal(reader.changesSince(from, 100), undefined);
    from = reader.lastChange();
    assert.deepEqual(changes(), []);
    reader.close();
  });
});

Deno.test("library_tree: the feed names what came and went before another template", async () => {
  await given([flat], async ({ directory, log, projector }) => {
    const reader = LibraryReader.open(directory)!;
    const from = reader.lastChange();
    const came = observed(1, flac(1024, "x.flac", song));
    await appendEach(log, [came, gone(2, 1024), template("$artist/$title.$format")]);
    await projector().catchUp();
    const changes = reader.changesSince(from, 100)!.map(({ kind, node }) => `${kind} ${node}`);
    assert.ok(changes.includes(`attributes ${ROOT_ID}`), changes.join());
    reader.close();
  });
});

Deno.test("library_tree: files that could not be read are in no directory", async () => {
  const broken = { ...flac(1024, "a/x.flac"), format: undefined, unreadable: "it is empty" };
  const { format: _, ...file } = broken;
  await given([observed(1, file)], async ({ directory, projector, when }) => {
    assert.deepEqual(filePaths(directory), []);
    assert.deepEqual(projector().queries.unreadable(), [
      { file: 1024, origin: "local", path: "a/x.flac", reason: "it is empty" },
    ]);
    await when(observed(2, flac(1024, "a/x.flac", song)));
    assert.equal(filePaths(directory).length, 1);
    assert.deepEqual(projector().queries.unreadable(), []);
  });
});

Deno.test("library_tree: directories that differ by case alone are one, spelled as most tracks do", async () => {
  const by = (file: number, artist: string) => (
    flac(file, `${file}.flac`, { artist, title: `${file}` })
  );
  const folding = template("$artist/$title.$format", { fold_case: true });
  const first = observed(1, by(1024, "ABBA"), by(1025, "Abba"), by(1026, "Björk"));
  await given([folding, first], async ({ directory, projector, when }) => {
    const reader = LibraryReader.open(directory)!;
    const artists = () =>
      reader.children(ROOT_ID, LISTING_START, 10).map(({ name }) => name).sort();
    assert.deepEqual(artists(), ["ABBA", "Björk"], "of equals the one that was found first");
    const { id } = reader.lookup(ROOT_ID, "ABBA")!.node;
    let from = reader.lastChange();
    await when(observed(2, by(1027, "Abba"), by(1028, "BJO\u0308RK")));
    assert.deepEqual(artists(), ["Abba", "Björk"]);
    assert.equal(reader.lookup(ROOT_ID, "Abba")!.node.id, id, "it keeps its number");
    assert.equal(reader.lookup(ROOT_ID, "ABBA"), undefined);
    const changes = reader.changesSince(from, 100)!.filter(({ directory }) => directory)
      .filter(({ kind }) => kind === "added" || kind === "removed");
    assert.deepEqual(changes.map(({ kind, name }) => [kind, name]), [
      ["removed", "ABBA"],
      ["added", "Abba"],
    ]);
    assert.equal(reader.children(id, LISTING_START, 10).length, 3);
    from = reader.lastChange();
    await when(gone(3, 1025, 1027));
    assert.equal(reader.lookup(ROOT_ID, "ABBA")!.node.id, id);
    await projector().rebuild();
    reader.reopen();
    assert.equal(reader.lookup(ROOT_ID, "ABBA")!.node.id, id);
    reader.close();
  });
});

Deno.test("library_tree: folding names, and unfolding, keeps numbers of what is spelled as before", async () => {
  const by = (file: number, artist: string) => (
    flac(file, `${file}.flac`, { artist, album: "One", title: `${file}` })
  );
  const text = "$artist/$album/$title.$format";
  const files = observed(1, by(1024, "ABBA"), by(1025, "abba"), by(1026, "Queen"));
  await given([template(text), files], async ({ directory, when }) => {
    const reader = LibraryReader.open(directory)!;
    const numbers = (...names: string[]) =>
      names.map((name) => reader.lookup(ROOT_ID, name)?.node.id);
    const before = numbers("ABBA", "Queen");
    await when(template(text, { fold_case: true }));
    assert.deepEqual(numbers("ABBA", "Queen"), before);
    assert.deepEqual(filePaths(directory), [
      "ABBA/One/1024.flac",
      "ABBA/One/1025.flac",
      "Queen/One/1026.flac",
    ]);
    await when(template(text));
    assert.deepEqual(numbers("ABBA", "Queen"), before);
    assert.equal(filePaths(directory)[2], "abba/One/1025.flac");
    reader.close();
  });
});

Deno.test("library_tree: for Windows names differ by more than case and characters it can't show", async () => {
  const titles = ["Song?", "SONG*", "song_", "NUL", "Wait...", "Song (2)"];
  const files = titles.map((title, i) => (
    flac(1024 + i, `${i}.flac`, { artist: i % 2 ? "R.E.M." : "r.e.m.", title })
  ));
  const windows = template("$artist/{$album/}$title", { names: "windows" });
  await given([windows, observed(1, ...files)], async ({ directory, when }) => {
    assert.deepEqual(filePaths(directory), [
      "r.e.m_/NUL_",
      "r.e.m_/SONG_ (2)",
      "r.e.m_/Song (2)",
      "r.e.m_/Song_",
      "r.e.m_/Wait.._",
      "r.e.m_/song_ (3)",
    ]);
    await when(gone(2, 1024, 1028));
    assert.deepEqual(filePaths(directory), [
      "R.E.M_/NUL_",
      "R.E.M_/SONG_",
      "R.E.M_/Song (2)",
      "R.E.M_/song_ (2)",
    ]);
    await when(
      observed(3, flac(1040, "x.flac", { artist: "R.E.M.", album: "song_", title: "In it" })),
    );
    assert.deepEqual(filePaths(directory), [
      "R.E.M_/NUL_",
      "R.E.M_/SONG_ (2)",
      "R.E.M_/Song (2)",
      "R.E.M_/song_ (3)",
      "R.E.M_/song_/In it",
    ]);
  });
});

Deno.test("library_tree: a time in the future does not keep a directory at that time", async () => {
  const in2090 = { mtime_s: 3_786_825_600 };
  const first = observed(1, flac(1024, "x.flac", song, in2090));
  await given([first], async ({ directory, projector, when }) => {
    const album = (
      time: string,
    ) => [`/  ${time}`, `Ada/  ${time}`, `Ada/One (2001) [FLAC]/  ${time}`];
    const directories = () => treeOf(directory).filter((line) => line.includes("/  "));
    assert.deepEqual(directories(), album("1700000001.500000000"));
    await when(observed(2, flac(1024, "x.flac", song, in2090)));
    assert.deepEqual(directories(), album("1700000001.500000000"), "it is as it was");
    await when(observed(3, flac(1025, "y.flac", { ...song, title: "New" })));
    assert.deepEqual(directories()[2], album("1700000004.500000000")[2]);
    assert.ok(treeOf(directory).some((line) => line.endsWith("Song.flac 1024 100 3786825600.0")));
    await projector().rebuild();
    assert.deepEqual(directories()[2], album("1700000004.500000000")[2]);
  });
});
