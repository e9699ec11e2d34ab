import type { OriginEntry } from "../origin.ts";

/** What a symbolic link leads to. All fields are absent when it leads to nothing that a listing has. */
export interface LinkTarget {
  /** The entry for the link, when it leads to a file, or to something that can't be looked at. */
  readonly entry?: OriginEntry;
  /** Whether the link leads to a directory. */
  readonly isDirectory?: true;
  /** The real path of that directory in the root, when it is in the root. */
  readonly real?: string;
}
