/**
 * Takes the place of the two providers in `src/vfs/providers` in a program that a test starts (see `programWithMix`): `/.origins`
 * has a file `mix` besides, which is read by a recipe over files of any origins. Nothing of the program has a recipe yet
 * but the untouched track.
 *
 * @module
 */
import type { DirectoryReader, Entry, FileLocation } from "../../projections/tree/tree_types.ts";
import {
  type Cookie,
  type NodeId,
  ORIGINS_ID,
  toCookie,
  toNodeId,
  toNodeVersion,
} from "../../src/base/mod.ts";
import { Recipe, type Segment } from "../../src/segments/mod.ts";
import type { Branch, NodeRecipe, Provider } from "../../src/vfs/mod.ts";
import { originsBranch as plainBranch } from "../../src/vfs/providers/origins.ts";
import { TreeProvider as PlainTree } from "../../src/vfs/providers/tree.ts";

/** Text, or bytes `from` to `to` of the sound of the file at a path of `/.origins`. */
export type MixPiece = { text: string } | { path: string; from: number; to: number };

/** Names the file with the pieces in JSON. */
export const MIX_VARIABLE = "MUSICFS_TEST_MIX";
const MIX = toNodeId(9);
const MODULE = new URL(import.meta.url);
let tree: Provider;

/** Remembers the tree, which knows where tracks lie. */
export class TreeProvider extends PlainTree {
  constructor(...reader: ConstructorParameters<typeof PlainTree>) {
    super(...reader);
    tree = this;
  }
}

export function originsBranch(origins: () => DirectoryReader): Branch {
  const branch = plainBranch(origins);
  const inner = branch.provider;
  const versions = new Map<string, number>();

  const locate = (path: string): FileLocation => {
    let node = ORIGINS_ID;
    for (const name of path.split("/")) node = origins().lookup(node, name)!.node.id;
    return (tree.location(node) ?? inner.location(node))!;
  };
  const made = (): NodeRecipe => {
    const pieces = JSON.parse(Deno.readTextFileSync(Deno.env.get(MIX_VARIABLE)!)) as MixPiece[];
    const segments = pieces.map((piece): Segment<FileLocation> => {
      if ("text" in piece) return { kind: "bytes", bytes: new TextEncoder().encode(piece.text) };
      const file = locate(piece.path);
      const start = file.audio_start ?? 0;
      return { kind: "file", file, from: start + piece.from, to: start + piece.to };
    });
    const key = JSON.stringify(segments.map((it) => it.kind === "file" ? it.file.content : it));
    if (!versions.has(key)) versions.set(key, versions.size + 1);
    return { version: toNodeVersion(versions.get(key)!), recipe: new Recipe(segments) };
  };
  const node = () => {
    const { version, recipe: { size } } = made();
    const times = { mtime_s: version as number, mtime_ns: 0 };
    return { id: MIX, kind: "file" as const, parent: ORIGINS_ID, size, ...times, version };
  };
  const provider: Provider = {
    node: (id) => id === MIX ? node() : inner.node(id),
    lookup: (directory, name) =>
      directory === ORIGINS_ID && name === "mix"
        ? { cookie: toCookie(MIX as number), name, node: node(), ttl: 0 } satisfies Entry
        : inner.lookup(directory, name),
    entries: (directory: NodeId, after: Cookie, limit: number) =>
      inner.entries(directory, after, limit),
    location: (id) => inner.location(id),
    recipe: (id) => id === MIX ? made() : undefined,
    lastChange: () => inner.lastChange(),
    changesSince: (change, limit) => inner.changesSince(change, limit),
  };
  return { ...branch, provider };
}

/** Flags of Deno for a program with the mix, by way of a file in the directory. */
export function programWithMix(directory: string): string[] {
  const root = new URL("../../", MODULE);
  const { imports } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
  const providers = ["origins.ts", "tree.ts"].map((name) =>
    new URL(`src/vfs/providers/${name}`, root).href
  );
  const map = {
    imports: { ...imports, ...Object.fromEntries(providers.map((it) => [it, MODULE.href])) },
    scopes: { [MODULE.href]: Object.fromEntries(providers.map((it) => [it, it])) },
  };
  const path = `${directory}/import_map.json`;
  Deno.writeTextFileSync(path, JSON.stringify(map));
  return [`--import-map=${path}`];
}
