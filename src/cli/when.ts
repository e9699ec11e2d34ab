import type { EventLog } from "../../events/mod.ts";
import { EXIT, type Seq, toSeq, UserError } from "../base/mod.ts";

const UNIT_MS = new Map<string, number>(Object.entries({
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}));

/** A point in the log: a position, or a time in ms since the epoch. */
export type When = { readonly seq: Seq } | { readonly at: number };

/** Reads "4711", "2026-01-31T18:00" (local time unless it names a zone), "2026-01-31", "2h" or "3d". Throws UserError. */
export function parseWhen(text: string, now: number): When {
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return { seq: toSeq(Number(text)) };
  const age = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/.exec(text);
  const unit = age === null ? undefined : UNIT_MS.get(age[2]!);
  if (age !== null && unit !== undefined) return { at: now - Number(age[1]) * unit };
  if (/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.test(text)) {
    // Every time without a zone is local here, so a date alone is local midnight.
    const at = Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(" ", "T"));
    if (!Number.isNaN(at)) return { at };
  }
  throw new UserError(`Cannot use ${JSON.stringify(text)} as a point in time`, {
    exitCode: EXIT.usage,
    hint: "give a position in the log, a time such as 2026-01-31T18:00, or an age such as 2h or 3d",
  });
}

/**
 * The first position that is not before `when`. Halves the log, since times ascend along it; a clock that was set
 * back breaks that, and a few events around such a step may be left out or shown too many.
 */
export function seqOf(when: When, log: EventLog): Seq {
  if ("seq" in when) return toSeq(Math.max(1, when.seq));
  let low = 1;
  let high = log.lastSeq() + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    // Positions may have gaps: the event after a gap decides for all positions in it.
    const [event] = log.read({ from: toSeq(middle) });
    if (event !== undefined && event.at < when.at) low = event.seq + 1;
    else high = middle;
  }
  return toSeq(low);
}
