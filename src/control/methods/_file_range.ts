import { shape } from "../../base/mod.ts";

const { about, count } = shape;

/** A range of bytes of a file's version. */
export const FILE_RANGE = {
  file: count,
  version: count,
  from: count,
  to: about("Exclusive.", count),
};
