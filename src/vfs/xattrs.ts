import type { FileLocation } from "../../projections/tree/tree_types.ts";
import { bytesFromString } from "../base/mod.ts";

const PREFIX = "user.musicfs.";
const encoder = new TextEncoder();

/** The extended attributes of a file, which tell where the copy comes from that the tree shows. */
export const XATTR_NAMES: readonly string[] = ["origin", "real_path", "version"].map((name) =>
  PREFIX + name
);

/**
 * The attribute of a track that names the file from which the cover of its directory is. It is not listed: a listed
 * attribute that has no value is an error to those who copy all.
 */
export const COVER_XATTR = `${PREFIX}cover`;

/**
 * Whether an attribute is one of these. Listings ask for security labels and access lists of every file; those need
 * no look at the tree.
 */
export function isOurs(name: string): boolean {
  return name.startsWith(PREFIX);
}

export function xattrOf(location: FileLocation, name: string): Uint8Array | undefined {
  switch (name.slice(PREFIX.length)) {
    case "origin":
      return encoder.encode(location.origin);
    case "real_path":
      return realPath(location);
    case "version":
      return encoder.encode(versionText(location));
    default:
      return undefined;
  }
}

/** The absolute path of a file on its origin. */
export function realPath(location: FileLocation): Uint8Array {
  return bytesFromString(`${location.root}/${location.path}`);
}

/** The size, and the modification time in seconds with all its digits: equal texts mean the same bytes. */
function versionText({ size, mtime_s, mtime_ns }: FileLocation): string {
  return `${size} ${mtime_s}.${String(mtime_ns).padStart(9, "0")}`;
}
