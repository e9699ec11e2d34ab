import assert from "node:assert/strict";
import type { ObservedFile, PicturePlace, TrackTags } from "../../events/mod.ts";
import { LISTING_START, nodeOfPicture, ROOT_ID, toTrackId } from "../../src/base/mod.ts";
import { appendEach, coversShown, given, type World } from "../../tests/support/projection_spec.ts";
import {
  configured,
  flac,
  gone,
  observed,
  observedOn,
  othersGone,
  othersObserved,
  template,
} from "../../tests/support/music_events.ts";
import { LibraryReader } from "../mod.ts";

const TEMPLATE = template("$artist/$album/$title.$format");
const FIRST_OTHER = 2 ** 51;

function picture(offset: number, length: number, more: Partial<PicturePlace> = {}): PicturePlace {
  return { type: 3, mime: "image/jpeg", offset, length, ...more };
}

/** A track of the album "B" of "A" with these pictures. */
function track(
  file: number,
  path: string,
  pictures: readonly PicturePlace[],
  tags: TrackTags = {},
  more: Partial<ObservedFile> = {},
): ObservedFile {
  const title = path.replace(/^.*\/|\.\w+$/g, "");
  return flac(file, path, { artist: "A", album: "B", title, ...tags }, {
    details: { pictures },
    ...more,
  });
}

/** A picture file beside the tracks. */
function beside(n: number, path: string, size = 7) {
  return { file: FIRST_OTHER + n, path, size, mtime_s: 5, mtime_ns: 6, mode: 0o640 };
}

function covers({ directory }: World): string[] {
  return coversShown(directory);
}

Deno.test("artwork: a directory shows the picture that most of its tracks have", async () => {
  const one = track(1024, "x/1.flac", [picture(10, 5)]);
  const two = track(1025, "x/2.flac", [picture(20, 6)]);
  await given([TEMPLATE, observed(1, one, two)], async (world) => {
    assert.deepEqual(covers(world), ["A/B/cover.jpg 5 10-15 of x/1.flac"]);
    await world.when(observed(2, track(1026, "x/3.flac", [picture(30, 6)])));
    assert.deepEqual(covers(world), ["A/B/cover.jpg 6 20-26 of x/2.flac"]);
    await world.when(gone(3, 1025, 1026));
    assert.deepEqual(covers(world), ["A/B/cover.jpg 5 10-15 of x/1.flac"]);
    // A retag moves the picture; then it takes it out.
    const later = { size: 120, mtime_s: 2_000 };
    await world.when(observed(4, track(1024, "x/1.flac", [picture(40, 5)], {}, later)));
    assert.deepEqual(covers(world), ["A/B/cover.jpg 5 40-45 of x/1.flac"]);
    await world.when(observed(5, track(1024, "x/1.flac", [], {}, { size: 90, mtime_s: 3_000 })));
    assert.deepEqual(covers(world), []);
    await world.when(observed(6, one));
    assert.deepEqual(covers(world), ["A/B/cover.jpg 5 10-15 of x/1.flac"]);
    await world.when(gone(7, 1024));
    assert.deepEqual(covers(world), []);
  });
});

Deno.test("artwork: a picture file beside the tracks comes first, and settings may turn that round", async () => {
  const files = observed(1, track(1024, "x/1.flac", [picture(10, 5, { mime: "image/png" })]));
  await given([TEMPLATE, files, othersObserved(1, beside(0, "x/Folder.JPG"))], async (world) => {
    assert.deepEqual(covers(world), ["A/B/cover.jpg 7"]);
    const { directory } = world;
    const embedded = ["A/B/cover.png 5 10-15 of x/1.flac"];
    assert.deepEqual(coversShown(directory, ["embedded", "files"]), embedded);
    assert.deepEqual(coversShown(directory, ["embedded"]), embedded);
    assert.deepEqual(coversShown(directory, []), []);
    await world.when(othersObserved(2, beside(1, "x/cover.webp", 8)));
    assert.deepEqual(covers(world), ["A/B/cover.webp 8"]);
    await world.when(othersObserved(3, { ...beside(1, "x/cover.webp", 9), mtime_s: 6 }));
    assert.deepEqual(covers(world), ["A/B/cover.webp 9"]);
    await world.when(othersGone(4, FIRST_OTHER + 1));
    assert.deepEqual(covers(world), ["A/B/cover.jpg 7"]);
    // It moves away: to another directory, and under a name that is no cover's.
    await world.when(othersObserved(5, beside(0, "x/old/Folder.JPG")));
    assert.deepEqual(covers(world), embedded);
    await world.when(othersObserved(6, beside(0, "x/back.jpg")));
    assert.deepEqual(covers(world), embedded);
  });
});

Deno.test("artwork: discs share the picture file above them", async () => {
  const discs = observed(
    1,
    track(1024, "x/CD1/1.flac", []),
    track(1025, "x/CD2/2.flac", []),
    track(1026, "x/CD2/3.flac", []),
  );
  await given([TEMPLATE, discs, othersObserved(1, beside(0, "x/CD1/cover.jpg", 3))], async (it) => {
    assert.deepEqual(covers(it), ["A/B/cover.jpg 3"]);
    await it.when(othersObserved(2, beside(1, "x/CD2/front.jpg", 4)));
    assert.deepEqual(covers(it), ["A/B/cover.jpg 4"], "more tracks are beside this one");
    await it.when(othersObserved(3, beside(2, "x/folder.jpg", 5)));
    assert.deepEqual(covers(it), ["A/B/cover.jpg 5"]);
    // Music of another album directly beside it.
    await it.when(observed(4, track(1027, "x/loose.flac", [], { album: "C" })));
    assert.deepEqual(covers(it), ["A/B/cover.jpg 4", "A/C/cover.jpg 5"]);
    await it.when(gone(5, 1027));
    assert.deepEqual(covers(it), ["A/B/cover.jpg 5"]);
    await it.when(template("$album $disc/$title.$format"));
    assert.deepEqual(covers(it), ["B 01/cover.jpg 3", "B 02/cover.jpg 5"]);
  });
});

Deno.test("artwork: what lies among several albums is no album's picture", async () => {
  const first = track(1024, "1.flac", []);
  await given(
    [TEMPLATE, observed(1, first), othersObserved(1, beside(0, "cover.jpg"))],
    async (it) => {
      assert.deepEqual(covers(it), ["A/B/cover.jpg 7"]);
      await it.when(observed(2, track(1025, "2.flac", [], { album: "C" })));
      assert.deepEqual(covers(it), []);
      await it.when(observed(3, track(1025, "2.flac", [], { album: "b" }, { mtime_s: 2_000 })));
      assert.deepEqual(covers(it), ["A/B/cover.jpg 7", "A/b/cover.jpg 7"]);
      // A file that names no album claims none.
      await it.when(observed(4, flac(1026, "3.flac", { title: "t" })));
      assert.deepEqual(covers(it), ["A/B/cover.jpg 7", "A/b/cover.jpg 7"]);
    },
  );
});

Deno.test("artwork: a directory with tracks of several albums has no cover, nor one without tracks", async () => {
  const files = observed(
    1,
    track(1024, "1.flac", [picture(10, 5)]),
    track(1025, "2.flac", [picture(10, 5)], { album: "C" }),
    track(1026, "3.flac", [picture(10, 5)], { album: "", title: "no album" }),
  );
  await given([TEMPLATE, files], async (world) => {
    const each = ["A/B/cover.jpg 5 10-15 of 1.flac", "A/C/cover.jpg 5 10-15 of 2.flac"];
    assert.deepEqual(covers(world), each);
    await world.when(template("$artist/$title.$format"));
    assert.deepEqual(covers(world), []);
    await world.when(gone(2, 1025, 1026));
    assert.deepEqual(covers(world), ["A/cover.jpg 5 10-15 of 1.flac"]);
    await world.when(TEMPLATE);
    assert.deepEqual(covers(world), [each[0]]);
  });
});

Deno.test("artwork: a track of the same name comes first, on Windows in any case", async () => {
  const named = template("$album/$title");
  const one = track(1024, "1.flac", [picture(10, 5)]);
  const same = track(1025, "2.flac", [], { title: "Cover.JPG" });
  await given([named, observed(1, one, same)], async (world) => {
    assert.deepEqual(covers(world), ["B/cover.jpg 5 10-15 of 1.flac"]);
    await world.when(template("$album/$title", { names: "windows" }));
    assert.deepEqual(covers(world), []);
    await world.when(named);
    await world.when(observed(2, { ...same, tags: { ...same.tags, title: "cover.jpg" } }));
    assert.deepEqual(covers(world), []);
    await world.when(gone(3, 1025));
    assert.deepEqual(covers(world), ["B/cover.jpg 5 10-15 of 1.flac"]);
  });
});

Deno.test("artwork: a track shows the pictures of the copy that the tree shows", async () => {
  const copy = { details: { pictures: [picture(50, 9)] }, reader: 1 };
  await given([
    configured("local", "/music", 2),
    configured("nas", "/nas", 3),
    TEMPLATE,
    observed(1, track(1024, "x/1.flac", [picture(10, 5)], {}, { audio: "aa", reader: 1 })),
    observedOn("nas", 2, track(1025, "y/1.flac", [], {}, { audio: "aa", ...copy })),
  ], async (world) => {
    const versions = [1024, 1025].map((file) => world.projector().queries.file(file as never)!);
    const [one, other] = versions;
    await world.when({
      ...{ type: "CopiesCompared", v: 1 },
      data: {
        comparisons: [{
          ...{ file: one!.file, version: one!.content },
          ...{ other: other!.file, other_version: other!.content },
          ...{ ranges: [], shift: 0, alike: "sound" },
        }],
        done: [],
      },
    });
    assert.deepEqual(covers(world), ["A/B/cover.jpg 5 10-15 of x/1.flac"]);
    await world.when(configured("nas", "/nas", 1));
    assert.deepEqual(covers(world), ["A/B/cover.jpg 9 50-59 of y/1.flac"]);
    await world.when({ type: "OriginRemoved", v: 1, data: { origin: "nas" } });
    assert.deepEqual(covers(world), ["A/B/cover.jpg 5 10-15 of x/1.flac"]);
  });
});

Deno.test("artwork: the feed tells of each name and of pictures whose bytes changed", async () => {
  await given([TEMPLATE, observed(1, track(1024, "x/1.flac", [picture(10, 5)]))], async (world) => {
    const reader = LibraryReader.open(world.directory)!;
    const told = async (...events: Parameters<World["when"]>) => {
      const before = reader.covers.lastChange();
      await world.when(...events);
      await Promise.resolve();
      return reader.covers.changesSince(before, 100)!.map(({ kind, name, node, parent }) => {
        assert.equal(parent, directory);
        return `${kind} ${name} ${node === embedded ? "embedded" : node - FIRST_OTHER}`;
      });
    };
    const artist = reader.lookup(ROOT_ID, "A")!.node.id;
    const directory = reader.children(artist, LISTING_START, 10)[0]!.node.id;
    const embedded = nodeOfPicture(toTrackId(1024), 0);
    try {
      assert.deepEqual(await told(observed(2, track(1025, "x/2.flac", []))), []);
      const bytes = track(1024, "x/1.flac", [picture(10, 5)], {}, { size: 101, mtime_s: 1_001 });
      assert.deepEqual(await told(observed(3, bytes)), ["content cover.jpg embedded"]);
      const owned = observed(4, { ...bytes, mode: 0o600 });
      assert.deepEqual(await told(owned), ["attributes cover.jpg embedded"]);
      const both = ["added cover.jpg embedded", "added cover.png 0"];
      assert.deepEqual((await told(othersObserved(5, beside(0, "x/cover.png")))).sort(), both);
      assert.deepEqual((await told(gone(6, 1024, 1025))).sort(), both);
    } finally {
      reader.close();
    }
  });
});

Deno.test("artwork: a newer tag reader that finds another picture makes another version", async () => {
  const first = track(1024, "x/1.flac", [picture(10, 5)], {}, { reader: 1 });
  await given([TEMPLATE, observed(1, first)], async (world) => {
    const node = nodeOfPicture(toTrackId(1024), 0);
    const versionOf = () => {
      const reader = LibraryReader.open(world.directory)!;
      const { version } = reader.covers.picture(node)!;
      reader.close();
      return version;
    };
    const before = versionOf();
    const pictures = [picture(40, 5), picture(10, 5)];
    await world.when(observed(0, { ...first, details: { pictures }, reread: true, reader: 2 }));
    assert.notEqual(versionOf(), before);
    assert.deepEqual(covers(world), ["A/B/cover.jpg 5 40-45 of x/1.flac"]);
  });
});

Deno.test("artwork: what comes in one batch with a template has its cover", async () => {
  for (const after of [TEMPLATE, template("$album/$title.$format")]) {
    await given([TEMPLATE], async (world) => {
      await appendEach(world.log, [observed(1, track(1024, "x/1.flac", [picture(10, 5)])), after]);
      await world.projector().catchUp();
      const directory = after === TEMPLATE ? "A/B" : "B";
      assert.deepEqual(covers(world), [`${directory}/cover.jpg 5 10-15 of x/1.flac`]);
    });
  }
});
