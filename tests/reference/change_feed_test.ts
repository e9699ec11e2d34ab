import assert from "node:assert/strict";
import fc from "fast-check";
import { LISTING_START, type NodeId, ORIGINS_ID, VIEWS_ID } from "../../src/base/mod.ts";
import type { MusicEvent } from "../../events/mod.ts";
import { arbitraryHistory } from "../support/arbitrary_history.ts";
import { flac, gone, observed, observedOn, template } from "../support/music_events.ts";
import { appendEach, given } from "../support/projection_spec.ts";
import {
  type DirectoryReader,
  LibraryReader,
  type Node,
  ROOT_ID,
  type TreeChange,
} from "../../projections/mod.ts";

/** How many histories are tried. The environment can set a larger number for a long run. */
const RUNS = Number(Deno.env.get("MUSICFS_TEST_RUNS") ?? 150);

/** A history found by a former run: a file that moves may have other bytes too. */
const movedAndChanged: MusicEvent[] = [
  template("$title.$format"),
  ...["one.flac", "d/one.flac"].map((path, i) =>
    observedOn("nas", 0, { ...flac(1025, path), unreadable: "no FLAC", size: i })
  ),
  template("$artist/$title.$format"),
];

/** Another: a directory that was removed comes back inside one that also does, with another time. */
const cameBack: MusicEvent[] = [
  template("$title.$format"),
  observed(1, flac(1025, "above/below/one.flac")),
  gone(2, 1025),
  observed(3, flac(1025, "above/below/one.flac", {}, { mtime_s: 2_000 })),
];

/** A file becomes readable, and then a lesser copy of another: its own node, which the feed named, shows it again. */
const shownAgain: MusicEvent[] = [
  template("$title.$format"),
  observedOn("nas", 0, {
    ...flac(1037, "a.flac"),

    unreadable: "no FLAC",
    size: 0,
  }),
  observedOn("nas", 0, { ...flac(1037, "a.flac"), size: 3, audio: "aa" }),
  observedOn("local", 0, { ...flac(1026, "b.flac"), size: 3, audio: "aa" }),
];

/** A file loses its format with new bytes, and is then read without others. */
const readAgain: MusicEvent[] = [
  template("$title.$format"),
  observed(0, flac(1025, "a.flac", {}, { size: 1 })),
  observed(0, { ...flac(1025, "a.flac"), unreadable: "no FLAC", size: 3 }),
  observed(0, flac(1025, "a.flac", {}, { size: 3, reread: true })),
];

/**
 * Everything that a kernel can have cached of a tree: the number that each name leads to, and the attributes of each
 * number.
 */
interface Cache {
  readonly entries: ReadonlyMap<string, number>;
  readonly nodes: ReadonlyMap<number, string>;
}

Deno.test("change feed: everything that it does not name is unchanged", async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryHistory(),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      async (history, batches) => {
        await given([], async ({ directory, log, projector }) => {
          const reader = LibraryReader.open(directory)!;
          const followers = [
            new Follower(reader, ROOT_ID, true),
            new Follower(reader.origins, ORIGINS_ID, false),
            new Follower(reader.views, VIEWS_ID, true),
          ];
          let at = 0;
          for (let i = 0; at < history.length; i++) {
            await appendEach(log, history.slice(at, at += batches[i % batches.length]!));
            await projector().catchUp();
            for (const follower of followers) follower.goOn();
          }
          reader.close();
        });
      },
    ),
    {
      numRuns: RUNS,
      examples: [[movedAndChanged, [1]], [cameBack, [1]], [shownAgain, [1]], [readAgain, [1]]],
    },
  );
});

/** Follows the feed of one tree, and asserts that everything is unchanged that the feed does not name. */
class Follower {
  readonly #reader: DirectoryReader;
  readonly #root: NodeId;
  readonly #tellsOfNew: boolean;
  #before: Cache;
  /**
   * The attributes of each node as they were seen last and not named since, including those of nodes that are gone: a
   * number may come back. What the feed names, the kernel forgets.
   */
  #known: ReadonlyMap<number, string>;
  #position: number;

  /** `tellsOfNew`: whether the feed names the entries of a directory that did not exist before. */
  constructor(reader: DirectoryReader, root: NodeId, tellsOfNew: boolean) {
    this.#tellsOfNew = tellsOfNew;
    this.#reader = reader;
    this.#root = root;
    this.#before = everythingOf(reader, root);
    this.#known = this.#before.nodes;
    this.#position = reader.lastChange();
  }

  goOn(): void {
    const after = everythingOf(this.#reader, this.#root);
    const changes = this.#reader.changesSince(this.#position, 1_000_000);
    const known = new Map(changes === undefined ? [] : this.#known);
    if (changes !== undefined) {
      const isNew = (directory: number) => !this.#before.nodes.has(directory);
      const isTold = (directory: number) => this.#tellsOfNew || !isNew(directory);
      for (const node of namedNodes(changes)) known.delete(node);
      assertKept({ entries: this.#before.entries, nodes: known }, after, changes, isTold);
    }
    this.#position = this.#reader.lastChange();
    this.#before = after;
    this.#known = new Map([...known, ...after.nodes]);
  }
}

function assertKept(
  before: Cache,
  after: Cache,
  changes: readonly TreeChange[],
  isTold: (directory: number) => boolean,
): void {
  const names = new Set<string>();
  for (const { kind, parent, name } of changes) {
    if (isEntry(kind)) names.add(`${parent}/${name}`);
  }
  for (const name of new Set([...before.entries.keys(), ...after.entries.keys()])) {
    if (names.has(name) || !isTold(Number(name.split("/", 1)[0]))) continue;
    assert.equal(after.entries.get(name), before.entries.get(name), name);
  }
  for (const [id, node] of after.nodes) {
    if (before.nodes.has(id)) assert.equal(node, before.nodes.get(id));
  }
}

/** The nodes whose attributes the kernel forgets. It has read nothing in a directory that is created anew. */
function* namedNodes(changes: readonly TreeChange[]): Iterable<number> {
  for (const { kind, node, directory } of changes) if (!isEntry(kind) || directory) yield node;
}

function isEntry(kind: TreeChange["kind"]): boolean {
  return kind === "added" || kind === "removed";
}

function everythingOf(reader: DirectoryReader, root: NodeId): Cache {
  const entries = new Map<string, number>();
  const nodes = new Map<number, string>();
  const walk = (node: Node) => {
    const { id, kind, size, mtime_s, mtime_ns, version } = node;
    const content = kind === "directory" ? "" : ` changed by ${version}`;
    // The feed of the tree names changes of tracks, and its own follower checks them.
    if (kind !== "track" || root === ROOT_ID) {
      nodes.set(id, `${id}: ${size} bytes, of ${mtime_s}.${mtime_ns}${content}`);
    }
    if (kind !== "directory") return;
    for (const child of reader.children(id, LISTING_START, 1_000_000)) {
      entries.set(`${id}/${child.name}`, child.node.id);
      walk(child.node);
    }
  };
  const top = reader.node(root);
  if (top !== undefined) walk(top);
  return { entries, nodes };
}
