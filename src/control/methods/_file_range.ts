import { shape } from "../../base/mod.ts";

const { about, count } = shape;

/** Bytes of a file's version. */
export const FILE_RANGE = {
  file: count,
  version: count,
  from: count,
  to: about("Exclusive.", count),
};
