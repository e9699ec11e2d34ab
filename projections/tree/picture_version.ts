import type { PicturePlace } from "../../events/facts/files.ts";
import { type ContentVersion, type NodeVersion, toNodeVersion } from "../../src/base/mod.ts";

/** The version of a picture in a file: equal only for the same range of the same bytes. */
export function pictureVersion(
  content: ContentVersion,
  { offset, length }: PicturePlace,
): NodeVersion {
  // A position in the log has 32 bits. A newer reader may find another picture in the same place of the list.
  return toNodeVersion(content * 2 ** 21 + (offset * 31 + length) % 2 ** 21);
}
