import assert from "node:assert/strict";
import { PhotonImage } from "@cf-wasm/photon";
import { LibraryReader } from "../../projections/read/library_reader.ts";
import { StoredReader } from "../../projections/read/stored_reader.ts";
import type { FileState } from "../../projections/mod.ts";
import { ContentWorld, type ContentWorldOptions, song } from "../../tests/support/content_world.ts";
import { fileOfSizedCover, nodeOfPicture, nodeOfSizedCover, type TrackId } from "../base/mod.ts";
import { nameOf } from "../cache/store/mod.ts";
import type { ResizeReply, WantedCover } from "../control/protocol.ts";
import { OriginUnreachable } from "../origins/mod.ts";
import { SizedCovers } from "./sized_covers.ts";

const HEAD_BYTES = 100;

/** A JPEG of one colour. */
function picture(grey: number): Uint8Array<ArrayBuffer> {
  const rgba = new Uint8Array(40 * 40 * 4).fill(grey);
  for (let at = 3; at < rgba.length; at += 4) rgba[at] = 255;
  return new Uint8Array(new PhotonImage(rgba, 40, 40).get_bytes_jpeg(90));
}

async function setUp(options: ContentWorldOptions = {}) {
  const world = await ContentWorld.open(options);
  let reads = 0;
  world.origin().faulty.plan = ({ name }) => {
    if (name === "read") reads++;
    return undefined;
  };
  const covers = new SizedCovers({
    fetcher: { bytes: (range) => world.fetcher.bytes(range) },
    keeper: world.keeper,
    content: () => world.content,
    file: (file) => world.projector.queries.file(file),
    logger: world.logger,
  });
  return {
    world,
    covers,
    reads: () => reads,
    /** A track of an album with this picture. */
    async put(shown: Uint8Array, facts: { file?: number } = {}): Promise<FileState> {
      const { bytes } = song(new Uint8Array(HEAD_BYTES), shown);
      return await world.put("nas", "in/1.flac", bytes, {
        tags: { title: "T", artist: "A", album: "B" },
        details: {
          pictures: [{ type: 3, mime: "image/jpeg", offset: HEAD_BYTES, length: shown.length }],
        },
        ...facts as { file?: FileState["file"] },
      });
    },
    /** What a mount asks for, as it finds it in the library. */
    wanted({ track }: FileState, pixels: number): WantedCover {
      const reader = LibraryReader.open(world.directory, new StoredReader(world.cache.directory))!;
      const cover = nodeOfPicture(track as TrackId, 0);
      const { file, from, to, version } = reader.covers.picture(cover)!;
      reader.close();
      return {
        ...{
          node: nodeOfSizedCover(cover, pixels)!,
          version: version as number as FileState["content"],
        },
        ...{ pixels, source: { file: file.file, version: file.content, from, to } },
      };
    },
    async [Symbol.asyncDispose]() {
      await covers.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

function hashOf(reply: ResizeReply): string {
  assert.ok("hash" in reply, JSON.stringify(reply));
  return reply.hash;
}

Deno.test("a cover is made once however many want it, and kept as one chunk that equal covers share", async () => {
  await using it = await setUp();
  const { world, covers } = it;
  const shown = picture(90);
  const file = await it.put(shown);
  const [small, large] = [it.wanted(file, 16), it.wanted(file, 600)];
  const [one, same, own] = await Promise.all(
    [covers.make(small), covers.make(small), covers.make(large)],
  );
  assert.deepEqual(one, same);
  assert.notEqual(hashOf(one), hashOf(own));
  assert.equal(hashOf(own), await nameOf(shown), "a smaller original is its own larger sizes");
  assert.equal(hashOf(await covers.make(it.wanted(file, 700))), hashOf(own));
  assert.equal(world.content.totals().chunks, 2);
  assert.ok(world.isInStep);

  const reads = it.reads();
  assert.deepEqual(await covers.make(small), one);
  assert.equal(it.reads(), reads, "what is stored is not read again");
  assert.equal(world.storedBytes(file), 0, "nothing else is kept");
});

Deno.test("a smaller cover that was lost, damaged or given up is made again, with the same bytes", async () => {
  await using it = await setUp();
  const { world, covers } = it;
  const wanted = it.wanted(await it.put(picture(90)), 16);
  const hash = hashOf(await covers.make(wanted));
  world.store.remove(hash);
  assert.equal(hashOf(await covers.make(wanted)), hash);
  assert.ok(world.store.has(hash, world.content.totals().bytes));
  assert.ok(world.isInStep);
  const { bytes } = world.content.totals();
  assert.deepEqual(await world.keeper.clear(null), { tracks: 0, bytes });
  assert.equal(world.content.totals().chunks, 0);
  assert.equal(hashOf(await covers.make(wanted)), hash);
});

Deno.test("a smaller cover is of its version: another cover has its own, and the old one goes first", async () => {
  await using it = await setUp();
  const { world, covers } = it;
  const first = await it.put(picture(90));
  const before = it.wanted(first, 16);
  await covers.make(before);
  const current = ({ node, version }: WantedCover) =>
    world.content.manifest(fileOfSizedCover(node), version)?.current;
  assert.equal(current(before), true);
  const after = it.wanted(await it.put(picture(200), { file: first.file }), 16);
  assert.equal(after.node, before.node);
  assert.notEqual(after.version, before.version);
  const reply = await covers.make({ ...before, version: after.version });
  assert.ok("errno" in reply && reply.errno === "ESTALE", JSON.stringify(reply));
  await covers.make(after);
  assert.deepEqual([current(before), current(after)], [false, true]);
  const [oldest] = world.content.leastRecentlyUsed("metadata");
  assert.equal(oldest!.version, before.version);
});

Deno.test("a cover that can't be had, can't be made smaller or finds no room is an answer, not a fault", async () => {
  await using it = await setUp({ room: 0 });
  const { world, covers } = it;
  const good = await it.put(picture(90));
  const wanted = it.wanted(good, 16);
  const full = await covers.make(wanted);
  assert.ok("errno" in full && full.errno === "EIO", JSON.stringify(full));
  const text = await it.put(new TextEncoder().encode("no picture at all"), { file: good.file });
  const none = await covers.make(it.wanted(text, 16));
  assert.deepEqual(none, { unfit: "its bytes are of no known kind of picture" });
  assert.match(world.said.join("\n"), /warn: Cannot make a cover smaller, in\/1\.flac of nas: its/);
  world.origin().faulty.plan = ({ name }) =>
    name === "read" ? { kind: "fail", error: new OriginUnreachable("it is away") } : undefined;
  const away = await covers.make(it.wanted(text, 16));
  assert.ok("errno" in away && away.errno === "EIO", JSON.stringify(away));
});
