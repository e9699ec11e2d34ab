/**
 * Fails when a module imports what it must not. The table below has the allowed directions between layers; any other
 * import is an error. A direction that nothing needs is named and is no error, since a new layer is built in steps. Runs
 * as part of `deno task check`.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { crossing, isOutside, layerOf, type Rules } from "./layers.ts";
import { type Import, moduleGraph } from "./module_graph.ts";
import { unusedRules } from "./unused_rules.ts";

export const RULES: Rules = {
  base: "src/base",
  housed: ["projections"],
  layers: {
    "main.ts": {
      imports: [],
      lazily: ["src/cli", "src/mount", "src/engine", "src/metadata", "src/origins"],
    },
    "src/cli": {
      imports: ["src/config", "src/query", "events", "projections"],
      lazily: [
        "src/mount",
        "src/engine",
        "src/fuse",
        "src/origins",
        "src/cache/store",
        "src/control",
        "src/posix",
      ],
    },
    "src/mount": {
      imports: [
        "src/fuse",
        "src/vfs",
        "src/control",
        "src/config",
        "src/posix",
        "projections",
      ],
      lazily: ["src/watch", "src/cache/store"],
    },
    "src/engine": {
      imports: [
        "src/scan",
        "src/metadata",
        "src/origins",
        "src/cache",
        "src/cache/store",
        "src/control",
        "src/config",
        "src/playlists",
        "src/query",
        "events",
        "projections",
      ],
    },
    "src/cache": {
      imports: ["src/origins", "src/cache/store", "src/posix", "events", "projections"],
    },
    "src/fuse": { imports: ["src/posix", "projections"], types: ["src/vfs"] },
    "src/vfs": {
      imports: ["src/segments", "src/posix", "projections"],
      types: ["src/cache/store", "src/control"],
    },
    "src/segments": { imports: [] },
    "src/cache/store": { imports: ["src/posix"] },
    "src/scan": { imports: ["src/metadata", "src/origins"], types: ["events", "projections"] },
    "src/metadata": { imports: ["src/formats", "src/origins", "src/posix"], types: ["events"] },
    "src/formats": { imports: [], types: ["events"] },
    "src/origins": { imports: ["src/posix"], types: ["events"] },
    "src/watch": { imports: ["src/posix"] },
    "src/config": { imports: ["src/query", "projections"], types: ["src/control"] },
    "src/control": { imports: ["src/posix"] },
    "projections": {
      imports: [
        "projections/core",
        "projections/naming",
        "projections/catalog",
        "projections/tree",
        "projections/cache",
        "projections/read",
        "projections/library_file.ts",
      ],
      types: ["events"],
    },
    "projections/read": {
      imports: [
        "projections/core",
        "projections/naming",
        "projections/catalog",
        "projections/tree",
        "projections/cache",
        "projections/library_file.ts",
        "src/query",
      ],
      types: ["events"],
    },
    "projections/tree": {
      imports: ["projections/core", "projections/naming", "projections/catalog"],
      types: ["events"],
    },
    "projections/cache": { imports: ["projections/core", "events"] },
    "projections/catalog": {
      imports: ["projections/core", "projections/naming", "src/query"],
      types: ["events"],
    },
    "projections/naming": { imports: [], types: ["events"] },
    "projections/core": { imports: [], types: ["events"] },
    "projections/library_file.ts": { imports: ["projections/core", "projections/tree"] },
    "events": { imports: ["src/posix"] },
    "src/playlists": { imports: ["src/query"] },
    "src/query": { imports: [] },
    "src/posix": { imports: [] },
    "src/base": { imports: [] },
  },
  contracts: [
    /^events\/(facts\/\w+|log\/event|log\/event_log)\.ts$/,
    /^projections\/tree\/(tree_types|directory_hash)\.ts$/,
    // What reads a library, without what writes one: a mount has no use for that, and starts the sooner.
    /^projections\/(library_file|read\/(library_reader|library_queries|cache_queries|stored_reader)|catalog\/transfers)\.ts$/,
    /^projections\/naming\/path_naming\.ts$/,
    /^src\/control\/protocol\.ts$/,
    // Configuration that both processes use, without its parsers.
    /^src\/config\/(settings|places|tuning|mount_options|engine_settings)\.ts$/,
    /^src\/cache\/store\/chunk_store\.ts$/,
    /^src\/vfs\/(filesystem|core\/kernel_cache)\.ts$/,
    // Entry points of processes of their own, which need nothing else of their folders.
    /^src\/(metadata\/parser\/parser_main|metadata\/pictures\/resizer_main|origins\/nfs\/nfs_main)\.ts$/,
    // Opens its own part of the C library, so that a worker that reads files loads no more of it.
    /^src\/posix\/directory\.ts$/,
  ],
  lean: ["src/mount"],
  exceptions: [
    // The type of what the first projection finds out of files, which the core hands to the others.
    "projections/core/projection.ts -> projections/catalog/file_state.ts",
    // What the cache held before it had a log of its own is asked of the library, by type alone.
    "projections/cache/former_cache.ts -> projections/read/library_queries.ts",
    // A hash of any text.
    "projections/catalog/track_facets.ts -> projections/tree/directory_hash.ts",
  ],
  wrapped: {
    "npm:lmdb": "events/log/lmdb_records.ts",
    "npm:xxhash-wasm": "src/cache/store/checksum.ts",
  },
};

/** One line for each import that breaks a rule, and for each circle; none when all is well. */
export function layerProblems(imports: readonly Import[], rules: Rules): string[] {
  const inside = imports.filter(({ from }) => !isOutside(from));
  return [
    ...inside.flatMap((edge) => edgeProblems(edge, rules)),
    ...circles(folderEdges(rules)).map((circle) =>
      `The table has a circle: ${circle.join(" -> ")}`
    ),
    ...circles(loadedEdges(inside)).map((circle) => `Modules in a circle: ${circle.join(" -> ")}`),
    ...rules.lean.flatMap((folder) => packageProblems(folder, inside, rules)),
  ];
}

function edgeProblems(edge: Import, rules: Rules): string[] {
  const { from, to, kind } = edge;
  if (to.startsWith("npm:")) {
    const only = rules.wrapped[to];
    return only === undefined || only === from ? [] : [`${from} imports ${to}: only ${only} may`];
  }
  if (/^(node|jsr|https?):/.test(to)) {
    return to.startsWith("node:") ? [] : [`${from} imports ${to}`];
  }
  if (isOutside(to)) return [`${from} imports ${to}: nothing depends on tests or scripts`];
  const hidden = isPrivateElsewhere(from, to)
    ? [`${from} imports ${to}: a file that begins with _ is private to its folder`]
    : [];
  const { source, target, isWithin } = crossing(edge, rules);
  if (source === target) return hidden;
  const layer = rules.layers[source];
  if (layer === undefined) return [`${from}: ${source} is not in the table`];
  const problems = [...hidden];
  const lazy = kind === "dynamic" || kind === "later" || kind === "type";
  const allowed = rules.exceptions.includes(`${from} -> ${to}`) || target === rules.base ||
    layer.imports.includes(target) ||
    (lazy && (layer.lazily ?? []).includes(target)) ||
    (kind === "type" && (layer.types ?? []).includes(target));
  if (!allowed) {
    problems.push(`${from} imports ${to}: ${source} may not (${kind}) import ${target}`);
  }
  const isOpen = isWithin || to.endsWith("/mod.ts") || hidden.length > 0;
  if (!isOpen && !rules.contracts.some((contract) => contract.test(to))) {
    problems.push(`${from} imports ${to}: import ${target}/mod.ts`);
  }
  return problems;
}

function isPrivateElsewhere(from: string, to: string): boolean {
  const [folder, name] = [dirname(to), basename(to)];
  return name.startsWith("_") && dirname(from) !== folder;
}

function folderEdges(rules: Rules): Map<string, string[]> {
  return new Map(
    Object.entries(rules.layers).map(([folder, { imports, lazily, types }]) => [
      folder,
      [...imports, ...(lazily ?? []), ...(types ?? [])],
    ]),
  );
}

/** Modules that are loaded together. */
function loadedEdges(imports: readonly Import[]): Map<string, string[]> {
  const edges = new Map<string, string[]>();
  for (const { from, to, kind } of imports) {
    if (kind === "static") edges.set(from, [...(edges.get(from) ?? []), to]);
  }
  return edges;
}

/** One path through each circle, found by walking in depth. */
function circles(edges: Map<string, string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const walk = (node: string, path: string[]) => {
    const at = path.indexOf(node);
    if (at >= 0) {
      found.push([...path.slice(at), node]);
      return;
    }
    if (done.has(node)) return;
    for (const next of edges.get(node) ?? []) walk(next, [...path, node]);
    done.add(node);
  };
  for (const node of edges.keys()) walk(node, []);
  return found;
}

/** How packages get into the start of a folder's modules, each with the chain of imports that brings it. */
function packageProblems(
  folder: string,
  imports: readonly Import[],
  rules: Rules,
): string[] {
  const edges = loadedEdges(imports);
  const seen = new Set<string>();
  const problems: string[] = [];
  const walk = (module: string, chain: string[]) => {
    if (seen.has(module)) return;
    seen.add(module);
    const path = [...chain, module];
    if (module.startsWith("npm:")) problems.push(`${folder} loads ${module}: ${path.join(" -> ")}`);
    for (const next of edges.get(module) ?? []) walk(next, path);
  };
  for (const module of edges.keys()) if (layerOf(module, rules) === folder) walk(module, []);
  return problems;
}

if (import.meta.main) {
  const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
  const imports = await moduleGraph(root, [
    "main.ts",
    "src",
    "events",
    "projections",
    "tests",
    "scripts",
  ]);
  const problems = layerProblems(imports, RULES);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) Deno.exit(1);
  for (const unused of unusedRules(imports, RULES)) console.log(unused);
  console.log(`Layers hold: ${imports.length} imports`);
}
