import assert from "node:assert/strict";
import fc from "fast-check";
import { createMemoryEventLog, type MusicEvent } from "../../events/mod.ts";
import { configured, flac, observedOn } from "../../tests/support/music_events.ts";
import { withIds } from "../../tests/support/plain_ids.ts";
import { type CollectionQueries, openLibrary, verifyLibrary } from "../mod.ts";

function saved(name: string, query: string): MusicEvent {
  return { type: "CollectionSaved", v: 1, data: { name, query } };
}

function listed(name: string, tracks: readonly number[], from?: number): MusicEvent {
  const data = { name, tracks, ...from !== undefined && { from } };
  return withIds<MusicEvent>({ type: "CollectionSaved", v: 1, data });
}

function renamed(name: string, to: string): MusicEvent {
  return { type: "CollectionRenamed", v: 1, data: { name, to } };
}

function removed(name: string): MusicEvent {
  return { type: "CollectionRemoved", v: 1, data: { name } };
}

/** Folds the events, checks the answers, and that a rebuild has the same rows. */
async function after(
  events: readonly MusicEvent[],
  check: (collections: CollectionQueries) => void,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  let now = 0;
  const log = createMemoryEventLog({ clock: { now: () => ++now } });
  const projector = await openLibrary({ directory, log });
  await log.append([configured("local", "/srv/music")]);
  for (const event of events) await log.append([event]);
  await projector.catchUp();
  check(projector.queries.collections);
  assert.equal((await verifyLibrary({ directory, log })).difference, null);
  await projector.close();
  await Deno.remove(directory, { recursive: true });
}

Deno.test("collections: a name in any case is one collection, of which the last event says what it has", async () => {
  const events = [
    saved("Jazz", "genre:jazz"),
    listed("Été", [1024, 1025, 1024]),
    saved("jazz", "genre:jazz year:1960..1969"),
  ];
  await after(events, (collections) => {
    assert.deepEqual(collections.all().map(({ name, query }) => [name, query]), [
      ["jazz", "genre:jazz year:1960..1969"],
      ["Été", null],
    ]);
    assert.equal(collections.get("JAZZ")?.name, "jazz");
    assert.equal(collections.get("E\u0301TE\u0301")?.name, "Été");
    assert.equal(collections.get("rock"), undefined);
    assert.deepEqual([...collections.tracks("été")], [1024, 1025, 1024]);
    assert.deepEqual(collections.tracks("jazz"), []);
  });
});

Deno.test("collections: a long list goes on in the next event", async () => {
  const events = [
    listed("long", [9, 9, 9]),
    listed("long", [1024, 1025]),
    listed("long", [1026], 2),
  ];
  await after(events, (collections) => {
    assert.deepEqual([...collections.tracks("long")], [1024, 1025, 1026]);
  });
});

Deno.test("collections: a track that was merged into another is that other one", async () => {
  const usb = [configured("usb", "/usb"), observedOn("usb", 1, flac(1025, "a.flac"))];
  const nas = [configured("nas", "/nas"), observedOn("nas", 1, flac(1024, "a.flac"))];
  const list = listed("list", [1025]);
  await after([...usb, list], (collections) => {
    assert.deepEqual([...collections.tracks("list")], [1025]);
  });
  await after([...nas, ...usb, list], (collections) => {
    assert.deepEqual([...collections.tracks("list")], [1024]);
  });
});

Deno.test("collections: are what a map by folded names says, whatever was saved, renamed and removed", async () => {
  const name = fc.constantFrom("a", "A", "b", "ß", "SS");
  const event = fc.oneof(
    fc.tuple(name, fc.constantFrom("x", "y")).map(([name, query]) => saved(name, query)),
    fc.tuple(name, fc.array(fc.integer({ min: 1024, max: 1030 }), { maxLength: 4 }))
      .map(([name, tracks]) => listed(name, tracks)),
    fc.tuple(name, name).map(([name, to]) => renamed(name, to)),
    name.map(removed),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 20 }), async (events) => {
      const model = new Map<string, { name: string; query: string | null; tracks: number[] }>();
      const fold = (name: string) => name === "ß" ? "ss" : name.toLowerCase();
      for (const { type, data } of events) {
        if (type === "CollectionSaved") {
          const { name, query = null, tracks = [] } = data;
          model.set(fold(name), { name, query, tracks: [...tracks] });
        } else if (type === "CollectionRemoved") model.delete(fold(data.name));
        else if (type === "CollectionRenamed" && model.has(fold(data.name))) {
          const moved = model.get(fold(data.name))!;
          model.delete(fold(data.name));
          model.set(fold(data.to), { ...moved, name: data.to });
        }
      }
      await after(events, (collections) => {
        const found = collections.all().map(({ name, query }) => (
          { name, query, tracks: [...collections.tracks(name)] as number[] }
        ));
        const expected = [...model].sort(([one], [other]) => one < other ? -1 : 1);
        assert.deepEqual(found, expected.map(([, it]) => it));
      });
    }),
    { numRuns: 15 },
  );
});
