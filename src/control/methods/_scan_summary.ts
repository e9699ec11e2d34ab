import { shape } from "../../base/mod.ts";

const { about, count, number, oneOf, orNull, text } = shape;

export const SCAN_SUMMARY = shape.object({
  origin: text,
  outcome: oneOf("completed", "failed", "held"),
  reason: about("Why it failed or is held.", orNull(text)),
  listed: count,
  read: count,
  unreadable: count,
  removed: count,
  duration_ms: number,
});
