import assert from "node:assert/strict";
import type { FileState } from "../../../projections/mod.ts";
import { played } from "../../../tests/support/content_events.ts";
import { ContentWorld, noise } from "../../../tests/support/content_world.ts";
import { Prefetcher } from "./prefetcher.ts";

const KB = 1024;
const MINUTES = 60_000;

interface Listening {
  readonly world: ContentWorld;
  readonly prefetcher: Prefetcher;
  /** Tracks of two albums, in order. */
  readonly albums: readonly (readonly FileState[])[];
  /** Plays a track to its end. */
  play(track: FileState): Promise<void>;
  /** The tracks among these whose bytes are all stored. */
  atHand(tracks: readonly FileState[]): boolean[];
}

/** A listener with a library of two albums of five tracks of 100 KB. */
async function listening(
  run: (listening: Listening) => Promise<void>,
  options: { cacheBytes?: number; isWorthIt?: (origin: string) => boolean } = {},
): Promise<void> {
  await using world = await ContentWorld.open();
  const albums: FileState[][] = [];
  for (const album of ["One", "Two"]) {
    const tracks: FileState[] = [];
    for (let no = 1; no <= 5; no++) {
      const tags = { album, albumartist: "A", title: `${no}`, track: { no, of: 5 } };
      const bytes = noise(100 * KB, albums.length * 10 + no);
      tracks.push(await world.put("nas", `${album}/${no}.flac`, bytes, { tags }));
    }
    albums.push(tracks);
  }
  const prefetcher = new Prefetcher({
    queries: () => world.projector.queries,
    complete: (file, pieceBytes, signal) => world.fetcher.complete(file, pieceBytes, signal),
    isWorthIt: options.isWorthIt ?? (() => true),
    cacheBytes: options.cacheBytes ?? Infinity,
    logger: world.logger,
    signal: new AbortController().signal,
    now: () => world.now,
  });
  await run({
    ...{ world, prefetcher, albums },
    async play(file) {
      world.now += 4 * MINUTES;
      prefetcher.heard(file.track);
      await world.append(played(file.track));
      await prefetcher.idle();
    },
    atHand: (tracks) => tracks.map((file) => world.storedBytes(file) === file.size),
  });
  await prefetcher.close();
}

Deno.test("the next tracks of the album are fetched, and none after its last", () =>
  listening(async ({ play, atHand, albums: [one, two] }) => {
    await play(one![0]!);
    assert.deepEqual(atHand(one!), [false, true, false, false, false], "it may be all they want");
    await play(one![1]!);
    assert.deepEqual(atHand(one!), [false, true, true, true, false]);
    await play(one![2]!);
    await play(one![4]!);
    assert.deepEqual(atHand(one!), [false, true, true, true, true]);
    assert.deepEqual(atHand(two!), [false, false, false, false, false]);
  }));

Deno.test("a track that followed another twice is expected to follow it again, and the next one likewise", () =>
  listening(async ({ world, play, atHand, albums: [one, two] }) => {
    const playlist = [one![4]!, two![2]!, one![0]!, two![4]!];
    for (let i = 0; i < 2; i++) {
      for (const track of playlist) await play(track);
      world.now += 60 * MINUTES;
    }
    await world.keeper.clear(null);
    await play(one![4]!);
    assert.deepEqual(atHand(playlist), [false, true, false, false]);
    await play(two![2]!);
    assert.deepEqual(atHand(playlist), [false, true, true, true]);
  }));

Deno.test("no next track of an album is expected while somebody shuffles, until an album is played again", () =>
  listening(async ({ world, play, atHand, albums: [one, two] }) => {
    for (const track of [one![3]!, two![3]!, one![0]!]) await play(track);
    assert.deepEqual(atHand(one!), [false, false, false, false, true], "nothing behind the last");
    await play(one![1]!);
    assert.deepEqual(atHand(one!), [false, false, true, true, true]);
    world.now += 60 * MINUTES;
    await world.keeper.clear(null);
    await play(two![0]!);
    assert.deepEqual(atHand(two!), [false, true, false, false, false], "it is another day");
  }));

Deno.test("no more is fetched than a share of the cache, and not from an origin that is not worth it", async () => {
  await listening(async ({ play, atHand, albums: [one] }) => {
    await play(one![0]!);
    await play(one![1]!);
    assert.deepEqual(atHand(one!), [false, true, true, false, false]);
  }, { cacheBytes: 1_500 * KB });
  await listening(async ({ world, play, albums: [one] }) => {
    await play(one![0]!);
    assert.equal(world.origin().faulty.bytes, 0);
  }, { isWorthIt: (origin) => origin !== "nas" });
});

Deno.test("an origin that fails causes no error, and a new play ends the fetches for the one before", () =>
  listening(async ({ world, prefetcher, play, atHand, albums: [one, two] }) => {
    world.origin().faulty.plan = () => ({ kind: "reset", after: 10 });
    await play(one![0]!);
    assert.deepEqual(world.said.filter((line) => !line.startsWith("debug")), []);
    world.origin().faulty.plan = ({ path }) =>
      path.startsWith("One") ? { kind: "slow", ms: 50 } : undefined;
    world.now += 4 * MINUTES;
    prefetcher.heard(one![1]!.track);
    prefetcher.heard(two![0]!.track);
    await prefetcher.idle();
    assert.deepEqual(atHand(two!), [false, true, false, false, false]);
    assert.ok(atHand(one!).filter((isThere) => isThere).length <= 1, "but for what was on its way");
  }));
