import type { FileVersion } from "../../events/facts/files.ts";

/** The mode of a file whose permissions are not known yet. */
const OWNER_ALONE = 0o400;

/**
 * The permission bits that the tree shows for a file. Null when its origin has none, such as an object store, whose
 * versions have a tag. Former programs noted no permissions, so those of a file on a disk are unknown until the next
 * scan has seen it; meanwhile only the user who mounts may read it.
 */
export function shownMode(
  { mode, etag }: { readonly mode?: number | null } & {
    readonly etag?: FileVersion["etag"] | null;
  },
): number | null {
  return mode ?? ((etag ?? null) === null ? OWNER_ALONE : null);
}
