import type { Import } from "./module_graph.ts";

export interface Layer {
  /** Folders it may import. */
  imports: readonly string[];
  /** Folders it may load with `import()` alone, so that they cost nothing until they are needed. */
  lazily?: readonly string[];
  /** Folders whose types it may name, and nothing else. */
  types?: readonly string[];
}

export interface Rules {
  layers: Readonly<Record<string, Layer>>;
  /** Imported by every layer. */
  base: string;
  /** Folders whose rooms are layers of their own. Other folders see only the whole folder, through its mod.ts. */
  housed: readonly string[];
  /** Files that other folders may import beside `mod.ts`: what both sides of a wall agree on. */
  contracts: readonly RegExp[];
  /** Folders that must start without a single package. */
  lean: readonly string[];
  /** Single imports against the table's directions, as `from -> to`. */
  exceptions: readonly string[];
  /** Packages that exactly one module may name. */
  wrapped: Readonly<Record<string, string>>;
}

/** Tests and scripts may import anything, and nothing may import them. */
export function isOutside(path: string): boolean {
  return /^(tests|scripts)\/|_test\.ts$/.test(path);
}

export interface Crossing {
  /** The layer that imports, and the one that is imported; they are equal when the import stays in one. */
  readonly source: string;
  readonly target: string;
  /** Whether both are rooms of one house. */
  readonly isWithin: boolean;
}

export function crossing({ from, to }: Import, rules: Rules): Crossing {
  const isWithin = rules.housed.some((folder) => isIn(from, folder) && isIn(to, folder));
  const target = layerOf(to, rules);
  return {
    source: layerOf(from, rules),
    target: isWithin ? target : houseOf(target, rules),
    isWithin,
  };
}

/** Whether a path is the folder, or lies in it. */
function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** The folder whose room a layer is; the layer itself when it is none's. */
function houseOf(layer: string, rules: Rules): string {
  return rules.housed.find((folder) => isIn(layer, folder)) ?? layer;
}

/** The layer with the longest path: `src/cache/store/chunker.ts` is in `src/cache/store`, `src/fuse/wire/x.ts` in `src/fuse`. */
export function layerOf(path: string, rules: Rules): string {
  let found = "";
  for (const layer of [rules.base, ...Object.keys(rules.layers)]) {
    if (isIn(path, layer) && layer.length > found.length) found = layer;
  }
  return found === "" ? path.split("/").slice(0, path.startsWith("src/") ? 2 : 1).join("/") : found;
}
