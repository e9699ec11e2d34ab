import assert from "node:assert/strict";
import { flac, gone, observed, views } from "../../tests/support/music_events.ts";
import { appendEach, given, viewsShown } from "../../tests/support/projection_spec.ts";
import { FIRST_VIEW_DIRECTORY_ID, LISTING_START, VIEWS_ID } from "../../src/base/mod.ts";
import { LibraryReader } from "../mod.ts";

const classical = {
  name: "Classical",
  match: "genre:classical",
  template: "$composer/$album/$title.$format",
};
const all = { name: "All", match: "", template: "$title.$format" };
const sonata = { title: "Sonata", album: "Late", composer: ["Schubert"], genre: ["Classical"] };
const song = { title: "Song", album: "One", genre: ["Pop"] };

/** The paths of what the views show. */
function paths(directory: string): string[] {
  return viewsShown(directory).map((line) => line.replace(/ \d+ \d+$/, ""));
}

Deno.test("views: each has the tracks that its query matches, by its own template, as they come, change and go", async () => {
  const files = [flac(1024, "a.flac", sonata), flac(1025, "b.flac", song)];
  await given(
    [views(classical, all), observed(1, ...files)],
    async ({ directory, projector, when }) => {
      assert.deepEqual(paths(directory), [
        ...["All/", "All/Sonata.flac", "All/Song.flac", "Classical/", "Classical/Schubert/"],
        ...["Classical/Schubert/Late/", "Classical/Schubert/Late/Sonata.flac"],
      ]);
      const { queries } = projector();
      assert.equal(queries.trackAtVirtualPath("/.views/All/Song.flac")?.track, 1025);
      assert.equal(queries.trackAtVirtualPath(".views/Classical/Song.flac"), undefined);
      assert.equal(queries.trackAtVirtualPath(".views/Classical"), undefined);
      await when(observed(2, flac(1025, "b.flac", { ...sonata, composer: ["Brahms"] })));
      assert.deepEqual(paths(directory).filter((path) => path.endsWith(".flac")), [
        ...["All/Sonata (2).flac", "All/Sonata.flac", "Classical/Brahms/Late/Sonata.flac"],
        "Classical/Schubert/Late/Sonata.flac",
      ]);
      await when(observed(3, flac(1024, "a.flac", { ...sonata, genre: [] })), gone(4, 1025));
      assert.deepEqual(paths(directory), ["All/", "All/Sonata.flac", "Classical/"]);
    },
  );
});

Deno.test("views: another template makes one view anew, and the others keep their rows", async () => {
  const events = [views(classical, all), observed(1, flac(1024, "a.flac", sonata))];
  await given(events, async ({ directory, when }) => {
    const reader = LibraryReader.open(directory)!;
    const top = (name: string) => reader.views.lookup(VIEWS_ID, name)!.node;
    const [before, other] = [top("All"), top("Classical")];
    await when(views({ ...classical, template: "$title.$format" }, all));
    assert.deepEqual(top("All"), before);
    assert.equal(top("Classical").id, other.id);
    assert.ok(top("Classical").mtime_s > other.mtime_s);
    assert.deepEqual(paths(directory), [
      ...["All/", "All/Sonata.flac", "Classical/", "Classical/Sonata.flac"],
    ]);
    await when(views(all));
    assert.deepEqual(paths(directory), ["All/", "All/Sonata.flac"]);
    await when(views());
    assert.equal(reader.views.node(VIEWS_ID), undefined);
    reader.close();
  });
});

Deno.test("views: a library without views has no directory of them, and no rows", async () => {
  await given([observed(1, flac(1024, "a.flac", sonata))], async ({ directory, when }) => {
    const reader = LibraryReader.open(directory)!;
    await when(views());
    assert.equal(reader.views.node(VIEWS_ID), undefined);
    assert.deepEqual(reader.views.children(VIEWS_ID, LISTING_START, 9), []);
    const before = reader.views.lastChange();
    await when(observed(2, flac(1025, "b.flac", song)));
    assert.equal(reader.views.lastChange(), before);
    reader.close();
  });
});

Deno.test("views: a view that can't be read is empty, and a name can be had once", async () => {
  const bad = [
    { ...all, name: "Heard", match: "plays:>3" },
    { ...all, name: "Broken", template: "$nothing" },
    { ...all, name: "all", template: "other $title.$format" },
    { ...all, name: "..", match: "genre:pop" },
  ];
  await given(
    [observed(1, flac(1024, "a.flac", sonata)), views(all, ...bad)],
    async ({ directory, when }) => {
      assert.deepEqual(paths(directory), ["All/", "All/Sonata.flac", "_./"]);
      await when(observed(2, flac(1025, "b.flac", song)));
      assert.deepEqual(paths(directory), [
        ...["All/", "All/Sonata.flac", "All/Song.flac", "_./", "_./Song.flac"],
      ]);
    },
  );
});

Deno.test("views: a change of views in a library with many tracks is made beside the one that serves", async () => {
  const files = Array.from(
    { length: 1_500 },
    (_, i) => flac(1024 + i, `${i}.flac`, { ...song, title: `${i % 700}` }),
  );
  await given([observed(1, ...files)], async ({ directory, projector, when }) => {
    const before = projector().file;
    await when(views(all, classical));
    assert.notEqual(projector().file, before);
    const reader = LibraryReader.open(directory)!;
    const { id } = reader.views.lookup(VIEWS_ID, "All")!.node;
    assert.ok(id >= FIRST_VIEW_DIRECTORY_ID);
    const listed = new Set<number>();
    for (let after = LISTING_START;;) {
      const page = reader.views.children(id, after, 100);
      if (page.length === 0) break;
      for (const { node } of page) listed.add(node.id);
      after = page.at(-1)!.cookie;
    }
    assert.deepEqual([...listed], files.map(({ file }) => file));
    assert.equal(reader.views.lookup(id, "3 (3).flac")?.node.id, 1024 + 1403);
    await when(views(classical));
    assert.deepEqual(paths(directory), ["Classical/"]);
    reader.close();
  });
});

Deno.test("views: tracks that come in one batch with a view are in it", async () => {
  await given([], async ({ directory, log, projector }) => {
    await appendEach(log, [observed(1, flac(1024, "a.flac", sonata)), views(all)]);
    await projector().catchUp();
    assert.deepEqual(paths(directory), ["All/", "All/Sonata.flac"]);
  });
});
