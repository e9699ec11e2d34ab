import { files } from "./files.ts";
import { libraryTree } from "./library_tree.ts";
import { manifests } from "./manifests.ts";
import { origins } from "./origins.ts";
import { pins } from "./pins.ts";
import { plays } from "./plays.ts";
import { status } from "./status.ts";
import { transfers } from "./transfers.ts";

/** Every projection, in the order in which an event goes through them: `files` hands on what it finds out. */
export const PROJECTIONS = [
  ...[files, libraryTree, origins, status, manifests, plays, pins, transfers] as const,
] as const;
