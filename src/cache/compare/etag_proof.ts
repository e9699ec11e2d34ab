import type { StoredPart } from "../../../projections/tree/tree_types.ts";

const MD5 = /^[0-9a-f]{32}$/;

/** Whether a tag may be the MD5 of the bytes: it is, for an object that was uploaded in one piece, unencrypted. */
export function isMd5(etag: string | null): etag is string {
  return etag !== null && MD5.test(etag);
}

/**
 * Whether the stored parts, which make up all of a file, have this MD5; undefined when one of them can't be read. Other
 * work gets a turn after each part.
 */
export async function haveMd5(
  parts: readonly StoredPart[],
  etag: string,
  bytes: (part: StoredPart) => Uint8Array<ArrayBuffer> | undefined,
): Promise<boolean | undefined> {
  const { createHash } = await import("node:crypto");
  const hash = createHash("md5");
  for (const part of parts) {
    const read = bytes(part);
    if (read === undefined) return undefined;
    hash.update(read);
    await new Promise((resolve) => setTimeout(resolve));
  }
  return hash.digest("hex") === etag;
}
