import type { NodeKind } from "./tree_types.ts";

/** Kinds as `nodes` has them: the place in this list. */
export const NODE_KINDS: readonly NodeKind[] = ["directory", "track"];
export const DIRECTORY = 0;
export const TRACK = 1;
