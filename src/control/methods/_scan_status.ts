import { shape } from "../../base/mod.ts";

const { about, count, flag, number, orNull, text } = shape;

export const SCAN_STATUS = shape.object({
  running: flag,
  origin: orNull(text),
  listed: about("Files listed so far.", count),
  read: about("Files read so far.", count),
  per_second: number,
  eta_ms: orNull(number),
  reread_left: about(
    "Files that an older tag reader saw, or one with another setting, and that are still to be read again.",
    count,
  ),
});
