import assert from "node:assert/strict";
import type { Covers, Entry, Node } from "../../../projections/tree/tree_types.ts";
import {
  FIRST_DIRECTORY_ID,
  FIRST_FILE_ID,
  LISTING_START,
  type NodeId,
  nodeOfPicture,
  ROOT_ID,
  toCookie,
  toNodeId,
  toNodeVersion,
  toTrackId,
} from "../../base/mod.ts";
import { MemoryTree } from "../../../tests/support/memory_tree.ts";
import { SeenFiles } from "../core/seen_files.ts";
import { TreeProvider } from "./tree.ts";

const COVER = nodeOfPicture(toTrackId(FIRST_FILE_ID), 0);

/** A root with tracks and directories, whose cookies are their numbers as in the library, and perhaps a cover. */
function setUp(tracks: number, directories: number, hasCover = true) {
  const entryOf = (id: NodeId, kind: Node["kind"], name: string): Entry => ({
    cookie: toCookie(id),
    name,
    node: {
      ...{ id, kind, parent: ROOT_ID, size: 1, mtime_s: 0, mtime_ns: 0 },
      version: toNodeVersion(1),
    },
    ttl: Infinity,
  });
  const entries = [
    ...Array.from({ length: tracks }, (_, i) => (
      entryOf(toNodeId(FIRST_FILE_ID + i), "track", `t${i}`)
    )),
    ...Array.from({ length: directories }, (_, i) => (
      entryOf(toNodeId(FIRST_DIRECTORY_ID + i), "directory", `d${i}`)
    )),
  ];
  const cover = hasCover ? entryOf(COVER, "picture", "cover.jpg") : undefined;
  let asked = 0;
  const covers: Covers = {
    of: () => {
      asked++;
      return cover;
    },
    node: () => cover?.node,
    picture: () => undefined,
    lastChange: () => 0,
    changesSince: () => [],
  };
  const tree = Object.assign(new MemoryTree(), {
    covers,
    children: (_: NodeId, after: number, limit: number) =>
      entries.filter(({ cookie }) => cookie > after).slice(0, limit),
    lookup: (_: NodeId, name: string) => entries.find((entry) => entry.name === name),
  });
  const provider = new TreeProvider(() => tree, new SeenFiles(1), {
    sources: ["files"],
    sized: { sizes: [300, 150], isListed: false, resize: () => Promise.reject("nobody") },
  });
  const names = (limit: number) => {
    const found: string[] = [];
    for (let after = LISTING_START;;) {
      const page = provider.entries(ROOT_ID, after, limit) as readonly Entry[];
      assert.ok(page.length <= limit);
      for (const { cookie, name } of page) {
        assert.ok(cookie > after, "cookies ascend");
        after = cookie;
        found.push(name);
      }
      if (page.length < limit) return found;
    }
  };
  return { provider, names, asked: () => asked };
}

Deno.test("a listing has the cover once, behind the tracks, in parts of any size", () => {
  for (const [tracks, directories] of [[1, 0], [3, 0], [3, 3], [1, 4]] as const) {
    const { names } = setUp(tracks, directories);
    const expected = [
      ...Array.from({ length: tracks }, (_, i) => `t${i}`),
      "cover.jpg",
      ...Array.from({ length: directories }, (_, i) => `d${i}`),
    ];
    for (let limit = 1; limit <= expected.length + 1; limit++) {
      assert.deepEqual(names(limit), expected, `${tracks} ${directories} by ${limit}`);
    }
    assert.deepEqual(setUp(tracks, directories, false).names(2).length, tracks + directories);
  }
});

Deno.test("a directory without tracks is listed without a question about covers", () => {
  const { names, asked } = setUp(0, 5);
  assert.equal(names(2).length, 5);
  assert.equal(asked(), 0);
});

Deno.test("a look-up asks for the cover by its name alone, and only when nothing else has that name", () => {
  const { provider, asked } = setUp(1, 1);
  const lookup = (name: string) => provider.lookup(ROOT_ID, name) as Entry | undefined;
  assert.equal(lookup("t0")!.node.kind, "track");
  assert.equal(provider.lookup(ROOT_ID, "folder.jpg"), undefined);
  assert.equal(provider.lookup(ROOT_ID, ".nomedia"), undefined);
  assert.equal(asked(), 0);
  assert.equal(lookup("cover.jpg")!.node.id, COVER);
  assert.equal(lookup("cover.png"), undefined);
  assert.equal(lookup("cover-299.jpg"), undefined);
  assert.equal(asked(), 3);
});
