import { shape } from "../../base/mod.ts";

const { about, contentVersion, count, fileId } = shape;

/** A range of bytes of a file's version. */
export const FILE_RANGE = {
  file: fileId,
  version: contentVersion,
  from: count,
  to: about("Exclusive.", count),
};
