import type { NodeKind } from "./tree_types.ts";

/** The kinds of nodes: in `nodes` a kind is its index in this list. */
export const NODE_KINDS: readonly NodeKind[] = ["directory", "track"];
export const DIRECTORY = 0;
export const TRACK = 1;
