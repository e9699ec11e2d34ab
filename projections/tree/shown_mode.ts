import type { FileVersion } from "../../events/facts/files.ts";

/** Of a file of which nobody knows yet who may read it. */
const OWNER_ALONE = 0o400;

/**
 * Permission bits that the tree shows of a file; null where its origin has none to tell, as object stores, which tell
 * versions apart by a tag. Former programs noted no permissions, so those of a file on a disk are unknown until the
 * next scan has seen it, and nobody but who mounts is let in meanwhile.
 */
export function shownMode(
  { mode, etag }: { readonly mode?: number | null } & {
    readonly etag?: FileVersion["etag"] | null;
  },
): number | null {
  return mode ?? ((etag ?? null) === null ? OWNER_ALONE : null);
}
