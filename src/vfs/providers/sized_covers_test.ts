import assert from "node:assert/strict";
import type {
  Entry,
  FileLocation,
  Node,
  StoredPart,
  TreeChange,
} from "../../../projections/tree/tree_types.ts";
import {
  FileSystemError,
  FIRST_OTHER_FILE_ID,
  LISTING_START,
  type NodeId,
  nodeOfPicture,
  nodeOfSizedCover,
  ROOT_ID,
  toCookie,
  toNodeId,
  toNodeVersion,
  toTrackId,
} from "../../base/mod.ts";
import type { ResizeReply, WantedCover } from "../../control/protocol.ts";
import { MemoryTree } from "../../../tests/support/memory_tree.ts";
import { SeenFiles } from "../core/seen_files.ts";
import { TreeProvider } from "./tree.ts";

const IN_TRACK = nodeOfPicture(toTrackId(1_024), 2);
const BESIDE = toNodeId(FIRST_OTHER_FILE_ID + 7);
const TRACK = toNodeId(1_024);

/** An album with a cover, of which the sizes 300 and 150 can be had. */
function setUp(
  { cover = IN_TRACK, isListed = false }: { cover?: NodeId; isListed?: boolean } = {},
) {
  const node = (id: NodeId, kind: Node["kind"]): Node => ({
    ...{ id, kind, parent: ROOT_ID, size: 9_000, mtime_s: 5, mtime_ns: 6, mode: 0o440, uid: 7 },
    version: toNodeVersion(40),
  });
  const entry = (it: Node, name: string): Entry => (
    { cookie: toCookie(it.id), name, node: it, ttl: Infinity }
  );
  const location = { file: 1_024, content: 3, size: 9_000 } as unknown as FileLocation;
  const world = {
    cover: node(cover, cover === IN_TRACK ? "picture" : "file") as Node | undefined,
    parts: [] as StoredPart[],
    asked: [] as WantedCover[],
    changes: [] as TreeChange[],
    answer: (): Promise<ResizeReply> => Promise.resolve({ hash: "h".repeat(64), size: 50 }),
  };
  const tree = Object.assign(new MemoryTree(), {
    covers: {
      of: () => world.cover && entry(world.cover, "cover.jpg"),
      node: (id: NodeId) => id === IN_TRACK ? world.cover : undefined,
      picture: (id: NodeId) => (
        id === IN_TRACK
          ? { file: location, from: 100, to: 9_100, version: world.cover!.version }
          : undefined
      ),
      lastChange: () => 1,
      changesSince: () => world.changes,
    },
    children: (_: NodeId, after: number) =>
      after < TRACK ? [entry(node(TRACK, "track"), "1.flac")] : [],
    lookup: () => undefined,
    storedParts: () => world.parts,
  });
  const origins = { node: () => world.cover, location: () => location };
  Object.defineProperty(tree, "origins", { value: origins });
  const provider = new TreeProvider(() => tree, new SeenFiles(1), {
    sources: ["files", "embedded"],
    sized: {
      sizes: [300, 150],
      isListed,
      resize(wanted) {
        world.asked.push(wanted);
        return world.answer();
      },
    },
  });
  return { world, provider };
}

Deno.test("a smaller cover is made when its name is looked up, and then known by its number", async () => {
  for (const [cover, from, to] of [[IN_TRACK, 100, 9_100], [BESIDE, 0, 9_000]] as const) {
    const { world, provider } = setUp({ cover });
    const id = nodeOfSizedCover(cover, 300)!;
    assert.equal(provider.node(id), undefined);
    assert.equal(provider.recipe(id), undefined);
    const found = await provider.lookup(ROOT_ID, "cover-300.jpg");
    assert.deepEqual(world.asked, [
      { node: id, version: 40, pixels: 300, source: { file: 1_024, version: 3, from, to } },
    ]);
    const { node, name, cookie } = found!;
    assert.equal(name, "cover-300.jpg");
    assert.deepEqual([node.id, cookie, node.size, node.mtime_s], [id, id, 50, 5]);
    assert.deepEqual([node.mode, node.uid, node.kind], [0o440, 7, "picture"]);
    assert.equal(provider.node(id)!.size, 50);
    assert.equal(provider.recipe(id)!.recipe.size, 50);
    assert.equal(provider.location(id), undefined);
    assert.ok(!(provider.lookup(ROOT_ID, "cover-300.jpg") instanceof Promise), "it is known now");
    assert.equal(world.asked.length, 1);
    assert.equal(provider.lookup(ROOT_ID, "cover-600.jpg"), undefined, "nobody wants that size");
  }
});

Deno.test("a stored smaller cover needs nobody, and one of another version is made", async () => {
  const { world, provider } = setUp();
  world.parts = [{ offset: 0, length: 70, hash: "s".repeat(64) }];
  const stored = provider.lookup(ROOT_ID, "cover-150.jpg") as Entry;
  assert.equal(stored.node.size, 70);
  assert.equal(world.asked.length, 0);
  await setUp().provider.lookup(ROOT_ID, "cover-150.jpg");
  world.parts = [];
  await provider.lookup(ROOT_ID, "cover-150.jpg");
  world.cover = { ...world.cover!, version: toNodeVersion(41) };
  await provider.lookup(ROOT_ID, "cover-150.jpg");
  assert.deepEqual(world.asked.map(({ version }) => version as number), [40, 41]);
});

Deno.test("a cover that can't be made smaller has no other size, and is not asked for again", async () => {
  const { world, provider } = setUp();
  world.answer = () => Promise.resolve({ unfit: "it is cut off" });
  assert.equal(await provider.lookup(ROOT_ID, "cover-300.jpg"), undefined);
  assert.equal(provider.lookup(ROOT_ID, "cover-300.jpg"), undefined);
  assert.equal(world.asked.length, 1);
});

Deno.test("where nobody could be asked, or the bytes can't be had, a look-up is an error, and tried again", async () => {
  const { world, provider } = setUp();
  world.answer = () => Promise.reject(new Error("no engine"));
  await assert.rejects(async () => await provider.lookup(ROOT_ID, "cover-300.jpg"), {
    errno: "EIO",
  });
  world.answer = () => Promise.resolve({ errno: "ESTALE", message: "changed" });
  await assert.rejects(
    async () => await provider.lookup(ROOT_ID, "cover-300.jpg"),
    (error) => error instanceof FileSystemError && error.errno === "ESTALE",
  );
  assert.equal(world.asked.length, 2);
});

Deno.test("when the cover became another one meanwhile, the name means the size of that one", async () => {
  const { world, provider } = setUp();
  const held = Promise.withResolvers<ResizeReply>();
  world.answer = () => held.promise;
  const looking = provider.lookup(ROOT_ID, "cover-300.jpg");
  world.cover = { ...world.cover!, version: toNodeVersion(41) };
  world.answer = () => Promise.resolve({ hash: "n".repeat(64), size: 60 });
  held.resolve({ hash: "h".repeat(64), size: 50 });
  assert.equal((await looking)!.node.size, 60);
  world.cover = undefined;
  assert.equal(provider.lookup(ROOT_ID, "cover-300.jpg"), undefined);
});

Deno.test("a listing names the sizes only when it is to, with their exact sizes, without those that can't be made", async () => {
  assert.equal((setUp().provider.entries(ROOT_ID, LISTING_START, 10) as Entry[]).length, 2);
  const { world, provider } = setUp({ isListed: true });
  let asked = 0;
  world.answer = () =>
    asked++ === 0
      ? Promise.reject(new Error("no"))
      : Promise.resolve({ hash: "h".repeat(64), size: 50 });
  const entries = await provider.entries(ROOT_ID, LISTING_START, 10);
  const sizes = entries.map(({ name, node }) => `${name} ${node.size}`);
  assert.deepEqual(sizes, ["1.flac 9000", "cover-150.jpg 50", "cover.jpg 9000"]);
  const rest = await provider.entries(ROOT_ID, entries[0]!.cookie, 2);
  assert.deepEqual(rest.map(({ name }) => name), ["cover-300.jpg", "cover-150.jpg"].toSorted());
  const last = await provider.entries(ROOT_ID, rest[1]!.cookie, 2);
  assert.deepEqual(last.map(({ name }) => name), ["cover.jpg"]);
});

Deno.test("a size that the store lost is made again, but never handed out as what it is not", async () => {
  const { world, provider } = setUp();
  const id = nodeOfSizedCover(IN_TRACK, 300)!;
  await provider.lookup(ROOT_ID, "cover-300.jpg");
  const [segment] = provider.recipe(id)!.recipe.segments;
  assert.ok(segment?.kind === "object");
  await segment.again!();
  assert.equal(world.asked.length, 2);
  world.answer = () => Promise.resolve({ hash: "o".repeat(64), size: 50 });
  await assert.rejects(segment.again!(), { errno: "ESTALE" });
});

Deno.test("what changes of a cover is told of its sizes too", () => {
  const { world, provider } = setUp();
  const change: TreeChange = {
    ...{ change: 9, kind: "content", parent: ROOT_ID, name: "cover.jpg", node: IN_TRACK },
    directory: false,
  };
  world.changes = [change];
  assert.deepEqual(
    provider.covers.changesSince(1, 10)!.map(({ name, node }) => [name, node]),
    [
      ["cover.jpg", IN_TRACK],
      ["cover-300.jpg", nodeOfSizedCover(IN_TRACK, 300)],
      ["cover-150.jpg", nodeOfSizedCover(IN_TRACK, 150)],
    ],
  );
});
