import assert from "node:assert/strict";
import fc from "fast-check";
import { LISTING_START } from "../../src/base/mod.ts";
import { arbitraryHistory } from "../support/arbitrary_history.ts";
import { appendEach, given } from "../support/projection_spec.ts";
import { LibraryReader, type Node, ROOT_ID, type TreeChange } from "../../projections/mod.ts";

/** All that a kernel can hold of a tree: which number a name leads to, and what it knows of each number. */
interface Cache {
  readonly entries: Map<string, number>;
  readonly nodes: Map<number, string>;
}

Deno.test("change feed: what it does not name is as it was", async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryHistory(),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      async (history, batches) => {
        await given([], async ({ directory, log, projector }) => {
          const reader = LibraryReader.open(directory)!;
          let before = everythingOf(reader);
          /** What was ever known of a file: its number comes back when it was gone for a while. */
          let known = before.nodes;
          let position = reader.lastChange();
          let at = 0;
          for (let i = 0; at < history.length; i++) {
            await appendEach(log, history.slice(at, at += batches[i % batches.length]!));
            await projector().catchUp();
            const after = everythingOf(reader);
            const changes = reader.changesSince(position, 1_000_000);
            if (changes === undefined) known = new Map();
            else assertKept({ entries: before.entries, nodes: known }, after, changes);
            position = reader.lastChange();
            before = after;
            known = new Map([...known, ...after.nodes]);
          }
          reader.close();
        });
      },
    ),
    { numRuns: 150 },
  );
});

function assertKept(before: Cache, after: Cache, changes: readonly TreeChange[]): void {
  const names = new Set<string>();
  const numbers = new Set<number>();
  for (const { kind, parent, name, node, directory } of changes) {
    const entry = kind === "added" || kind === "removed";
    if (entry) names.add(`${parent}/${name}`);
    // A directory that is made anew has nothing in it that was read before.
    if (!entry || directory) numbers.add(node);
  }
  for (const name of new Set([...before.entries.keys(), ...after.entries.keys()])) {
    if (!names.has(name)) assert.equal(after.entries.get(name), before.entries.get(name), name);
  }
  for (const [id, node] of after.nodes) {
    if (!numbers.has(id) && before.nodes.has(id)) assert.equal(node, before.nodes.get(id));
  }
}

function everythingOf(reader: LibraryReader): Cache {
  const entries = new Map<string, number>();
  const nodes = new Map<number, string>();
  const walk = (node: Node) => {
    const { id, kind, size, mtime_s, mtime_ns, version } = node;
    const content = kind === "directory" ? "" : ` changed by ${version}`;
    nodes.set(id, `${id}: ${size} bytes, of ${mtime_s}.${mtime_ns}${content}`);
    if (kind !== "directory") return;
    for (const child of reader.children(id, LISTING_START, 1_000_000)) {
      entries.set(`${id}/${child.name}`, child.node.id);
      walk(child.node);
    }
  };
  walk(reader.node(ROOT_ID)!);
  return { entries, nodes };
}
